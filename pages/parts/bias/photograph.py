"""A photograph with one thing changed at a time: what each network says then."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from PIL import Image

from core import interventions, predict
from core.interventions import PHOTO_CHANGES, UNCHANGED, PhotoAnswers
from core.interventions.photo_changes import BACKGROUND, OBJECT
from core.pictures import Picture
from core.workbench.tasks.photo_answers import photo_answers_recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.bias.area_picker import pick_area
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.picture_grid import Tile, data_uri, picture_grid
from pages.parts.shared.results import Results

LINKED = Linked("bias")
# Share of the first answer's probability below which a change takes the answer away.
MUCH = 0.5
WIDTH, COLUMNS = 120, 7
# Column of the table that only its file has: the page says it when a picture is opened.
TEXT = "what it does"
# Classes that are named for a picture that was opened.
TOP = 3
OPENED, ENLARGED = "change", "_changed_photograph"
KEPT = "_changed_photographs_kept"


def show(models: Mapping[str, Card], picture: Picture) -> None:
    """Show the area, what it says about each network, the changed pictures and the answers.

    Args:
        models: The networks, which have classes.
        picture: The photograph.
    """
    results = Results()
    left, right = st.columns([2, 3], gap="large")
    with left:
        area = pick_area(results, next(iter(models.values())), picture)
    if area is None:
        return
    recipes = {name: photo_answers_recipe(card, picture.id, area) for name, card in models.items()}
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    answers = results.values(recipes)
    with right:
        for name, found in answers.items():
            st.markdown(f"{with_badge(models[name])} {_sentence(models[name], found)}")
        st.caption(
            "One picture and one marked area are a hint, not a proof: a change also leaves traces"
            " of its own, such as cut edges. Drawn scenes can be changed without traces."
        )
    _show_pictures(models, picture, area, answers)
    if answers:
        table = _table(models, answers)
        st.dataframe(
            table.drop(columns=TEXT), hide_index=True, key="_photo_answers",
            height=35 * (len(table) + 1) + 2,
        )  # fmt: skip
        downloads.csv(table, "changed_photograph", index=False)


def _sentence(card: Card, found: PhotoAnswers) -> str:
    """Say what an answer rests on, as far as the changes tell."""
    kept = found.kept()
    top = escape_markdown(card.labels[int(found.logits[0].argmax())])
    first = f"says **{top}** ({kept[UNCHANGED]:.0%})."
    without_background, without_area = found.mean_kept(BACKGROUND), found.mean_kept(OBJECT)
    if without_background is None or without_area is None:
        return f"{first} Mark the thing to see whether the answer rests on it."
    if without_area >= MUCH and without_background >= MUCH:
        rest = "It stays without the marked area, and without the rest: **either is enough**."
    elif without_area >= MUCH:
        rest = "It stays **without the marked area**: the answer rests on something outside it."
    elif without_background >= MUCH:
        rest = "It rests **on the marked area**: without it, less than half of that is left."
    else:
        rest = "It needs **both** the marked area and what is around it."
    return f"{first} {rest}"


def _show_pictures(
    models: Mapping[str, Card], picture: Picture, area: str, answers: Mapping[str, PhotoAnswers]
) -> None:
    """Show the changed pictures; a click shows one of them large, with the answers to it."""
    changed = _changed(picture, area)
    opened = st.query_params.get(LINKED.key(OPENED), "")
    tiles = [
        Tile(
            key, _title(key), f"The picture: {_title(key)}", uri, _kept(key, answers),
            busy=len(answers) < len(models), chosen=key == opened,
        )
        for key, (_, uri) in changed.items()
    ]  # fmt: skip
    st.caption(
        "The numbers: how probable each network's first answer still is. Click a picture to see"
        " what they say instead."
    )
    picture_grid(
        tiles, "_changed_photographs", _open, width=WIDTH, columns=COLUMNS, target=ENLARGED
    )
    with st.container(key=ENLARGED):
        if opened in changed:
            _show_large(models, opened, changed[opened][0], answers)


def _changed(picture: Picture, area: str) -> dict[str, tuple[Image.Image, str]]:
    """Return the changed pictures with their data URIs, kept for the session until others are made.

    They take half a second, and a page that shows progress runs twice a second.
    """
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] != (picture.id, area):
        cells = interventions.area_cells(area)
        imgs = interventions.changed_photographs(picture.image, cells)
        kept = (picture.id, area), {key: (img, data_uri(img)) for key, img in imgs.items()}
        st.session_state[KEPT] = kept
    changed: dict[str, tuple[Image.Image, str]] = kept[1]
    return changed


def _open(key: str) -> None:
    st.query_params[LINKED.key(OPENED)] = key


def _title(key: str) -> str:
    return "Unchanged" if key == UNCHANGED else PHOTO_CHANGES[key].title


def _kept(key: str, answers: Mapping[str, PhotoAnswers]) -> str:
    return " · ".join(f"{found.kept()[key]:.0%}" for found in answers.values() if key in found.keys)


def _show_large(
    models: Mapping[str, Card], key: str, img: Image.Image, answers: Mapping[str, PhotoAnswers]
) -> None:
    """Show a changed picture large, and the top classes of every network."""
    left, right = st.columns([2, 3], gap="large")
    left.image(img, caption=_title(key), alt=f"The picture: {_title(key)}", output_format="JPEG")
    with right:
        if key != UNCHANGED:
            st.markdown(PHOTO_CHANGES[key].text)
        for name, found in answers.items():
            if key in found.keys:
                top = predict.ranking(found.logits[found.keys.index(key)], models[name].labels, TOP)
                words = ", ".join(
                    f"{escape_markdown(each.label)} {each.probability:.0%}" for each in top
                )
                st.markdown(f"{with_badge(models[name])} {words}")
        downloads.png(lambda: img, f"changed_{key}")


def _table(models: Mapping[str, Card], answers: Mapping[str, PhotoAnswers]) -> pd.DataFrame:
    """Return what each network says of each picture, and what is left of its first answer."""
    titles = distinct_titles(models)
    rows = []
    for key in next(iter(answers.values())).keys:
        row: dict[str, str] = {
            "change": _title(key),
            TEXT: "" if key == UNCHANGED else PHOTO_CHANGES[key].text,
        }
        for name, found in answers.items():
            probabilities = found.probabilities()[found.keys.index(key)]
            label = models[name].labels[int(probabilities.argmax())]
            row[titles[name]] = f"{label} ({probabilities.max():.0%})"
        rows.append(row)
    return pd.DataFrame(rows)
