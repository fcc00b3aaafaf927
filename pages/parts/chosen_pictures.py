"""The pictures chosen on a map: what they are, what networks say, and where they looked."""

from collections.abc import Mapping, Sequence

import streamlit as st
from PIL import Image

from core import heat, tasks
from core.compare import Verdicts
from core.engine import Answer
from core.errors import ZooscopeError
from core.recipes import Recipe
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import map_files, tiles, work
from pages.parts.session import asker, workbench
from pages.parts.text import plain

MOST, EXPLAINED = 24, 8
METHOD = "grad_cam"
OPACITY = 0.55


def show(
    models: Mapping[str, Card],
    chosen: PictureSet,
    points: Sequence[int],
    said: Mapping[str, Verdicts],
) -> None:
    """The chosen pictures, if any."""
    if not points:
        return
    beyond = f", the first {MOST} of them here" if len(points) > MOST else ""
    st.subheader(f"{len(points):,} chosen{beyond}", anchor=False)
    shown = list(points[:MOST])
    small, _ = tiles.of(chosen, shown)
    with st.grid(EXPLAINED, min_column_width=96) as grid:
        for index in shown:
            with grid.cell():
                _show_tile(chosen, index, small.get(index), models, said)
    if len(points) == 1:
        facts = {**chosen.facts(points[0]), "key": chosen.keys[points[0]]}
        st.caption(plain(" · ".join(f"{name} {value}" for name, value in facts.items())))


def _show_tile(
    chosen: PictureSet,
    index: int,
    small: Image.Image | None,
    models: Mapping[str, Card],
    said: Mapping[str, Verdicts],
) -> None:
    truth = chosen.label(index)
    title = map_files.name(chosen, index)
    if small is None:
        st.caption(":material/hide_image: not readable, or not read yet")
    else:
        st.image(small, alt=f"Picture {index}: {title}", width="stretch", output_format="JPEG")
    lines = [f"**{plain(title)}**"]
    for name, verdict in said.items():
        label, sure = verdict.labels[index], verdict.probability[index]
        words = f"{plain(label)} {sure:.0%}"
        marked = f":red[{words}]" if truth not in ("", label) else words
        lines.append(_short(models, name) + marked)
    st.caption("  \n".join(lines))


def _short(models: Mapping[str, Card], name: str) -> str:
    """A network's number, where there are several."""
    return f"{list(models).index(name) + 1}: " if len(models) > 1 else ""


def explain(models: Mapping[str, Card], chosen: PictureSet, points: Sequence[int]) -> None:
    """Grad-CAMs of the first chosen pictures: one row a network, one column a picture."""
    able = {name: card for name, card in models.items() if card.labels}
    if not points or not able or not st.toggle(
        "Where they looked", True, key="cams", bind="query-params",
        help=f"Grad-CAM of each network's own top class, for the first {EXPLAINED}.",
    ):  # fmt: skip
        return
    pictures = _held(chosen, points[:EXPLAINED])
    recipes: dict[tuple[str, str], Recipe] = {
        (name, picture): tasks.explain_recipe(card, picture, METHOD)
        for name, card in able.items()
        for picture in pictures
    }
    answers = dict(zip(recipes, work.answers(list(recipes.values()), key="cams"), strict=True))
    for name, card in able.items():
        st.markdown(f"{plain(_short(models, name))}**{plain(card.title)}**")
        with st.grid(EXPLAINED, min_column_width=96) as grid:
            for picture, img in pictures.items():
                with grid.cell():
                    _show_explanation(card, img, answers[name, picture])


def _show_explanation(card: Card, img: Image.Image, answer: Answer) -> None:
    if answer.error:
        st.caption(f":red[{plain(answer.error)}]")
    elif answer.result is None:
        work.waiting(96)
    else:
        one = answer.result.arrays["map"]
        scale = heat.scale_of([one], signed=False)
        laid = heat.overlay(card.preprocessing.crop(img), one, scale, OPACITY)
        says = card.labels[answer.result.record["class"]]
        st.image(laid, alt=f"Where {card.title} saw {says}", width="stretch", output_format="JPEG")


def _held(chosen: PictureSet, shown: Sequence[int]) -> dict[str, Image.Image]:
    """The pictures by their ids, held for this session."""
    found = {}
    for index in shown:
        try:
            img = chosen.image(index)
        except ZooscopeError as error:
            st.caption(f":material/hide_image: {plain(error)}")
            continue
        found[workbench().pictures.keep(img, asker())] = img
    return found
