"""The pictures selected on a map: what they are, what networks predict, and where they looked."""

from collections.abc import Mapping, Sequence

import streamlit as st
from PIL import Image

from core import heatmap, zoo
from core.compare import Correctness, TopPredictions, judge_prediction
from core.errors import ZooscopeError
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.zoo import Card
from pages.parts.maps.picture_names import picture_name
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.session import session_id, workbench
from pages.parts.shared.thumbnail_cache import thumbnails

LINKED = Linked("maps")
# Pictures shown at most, and those whose saliency is shown.
MAX_SHOWN, EXPLAINED = 24, 8
METHOD = "grad_cam"
OPACITY = 0.55
# Width of a tile and height of its placeholder, in pixels.
TILE = 96


def show(
    models: Mapping[str, Card],
    pictures: PictureSet,
    indices: Sequence[int],
    predictions: Mapping[str, TopPredictions],
) -> None:
    """Show the selected pictures with what each network predicts."""
    if not indices:
        return
    more = f" (showing {MAX_SHOWN})" if len(indices) > MAX_SHOWN else ""
    st.subheader(f"{len(indices):,} selected{more}", anchor=False)
    shown = list(indices[:MAX_SHOWN])
    tiles, _ = thumbnails(pictures, shown)
    with st.grid(EXPLAINED, min_column_width=TILE) as grid:
        for index in shown:
            with grid.cell():
                _show_tile(pictures, index, tiles.get(index))
                lines = [f"**{escape_markdown(picture_name(pictures, index))}**"]
                lines += _predictions(models, pictures, index, predictions)
                st.caption("  \n".join(lines))
    if len(indices) == 1:
        facts = {**pictures.facts(indices[0]), "key": pictures.keys[indices[0]]}
        words = " · ".join(f"{name} {value}" for name, value in facts.items())
        st.caption(escape_markdown(words))


def _show_tile(pictures: PictureSet, index: int, tile: Image.Image | None) -> None:
    if tile is None:
        st.caption(":material/hide_image: Image unavailable")
    else:
        alt = f"Picture {index}: {picture_name(pictures, index)}"
        st.image(tile, alt=alt, width="stretch", output_format="JPEG")


def _predictions(
    models: Mapping[str, Card],
    pictures: PictureSet,
    index: int,
    predictions: Mapping[str, TopPredictions],
) -> list[str]:
    """What each network predicts for a picture, in red where that is wrong."""
    lines = []
    for name, predicted in predictions.items():
        label, probability = predicted.labels[index], predicted.probability[index]
        words = f"{escape_markdown(label)} {probability:.0%}"
        outcome = judge_prediction(label, pictures.label(index), models[name].labels)
        marked = f":red[{words}]" if outcome is Correctness.WRONG else words
        lines.append(_number(models, name) + marked)
    return lines


def _number(models: Mapping[str, Card], name: str) -> str:
    """A network's number, where there are several."""
    return f"{list(models).index(name) + 1}: " if len(models) > 1 else ""


def show_saliency(
    results: Results, models: Mapping[str, Card], pictures: PictureSet, indices: Sequence[int]
) -> None:
    """Show Grad-CAMs of the first selected pictures: a row for each network."""
    able = {name: card for name, card in models.items() if card.labels}
    if not indices or not able or not LINKED.toggle(
        "Where they looked", "cams", True,
        help=f"Heat maps (Grad-CAM) of each network's top class, for the first {EXPLAINED}.",
    ):  # fmt: skip
        return
    kept = _keep(pictures, indices[:EXPLAINED])
    recipes = {
        (name, picture): saliency_map_recipe(card, picture, METHOD)
        for name, card in able.items()
        for picture in kept
    }
    results.ask(list(recipes.values()))
    titles = zoo.distinct_titles(models)
    for name, card in able.items():
        st.markdown(f"{_number(models, name)}**{escape_markdown(titles[name])}**")
        with st.grid(EXPLAINED, min_column_width=TILE) as grid:
            for picture, img in kept.items():
                with grid.cell():
                    _show_overlay(results, card, img, recipes[name, picture])


def _show_overlay(
    results: Results, card: Card, img: Image.Image, recipe: Recipe[SaliencyMap]
) -> None:
    error, computed = results.error(recipe), results.value(recipe)
    if error:
        st.caption(f":red[{escape_markdown(error)}]")
    elif computed is None:
        results.placeholder([recipe], TILE)
    else:
        scale = heatmap.fit_scale([computed.map], signed=False)
        shown = heatmap.overlay(card.preprocessing.crop(img), computed.map, scale, OPACITY)
        alt = f"Where {card.title} saw {card.labels[computed.class_index]}"
        st.image(shown, alt=alt, width="stretch", output_format="JPEG")


def _keep(pictures: PictureSet, indices: Sequence[int]) -> dict[str, Image.Image]:
    """Keep pictures in memory for this session; returns them by id."""
    kept = {}
    for index in indices:
        try:
            img = pictures.image(index)
        except ZooscopeError as error:
            st.caption(f":material/hide_image: {escape_markdown(error)}")
            continue
        kept[workbench().pictures.keep(img, session_id())] = img
    return kept
