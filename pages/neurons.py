"""Neurons: what each channel of a layer looks for, and one of them under the microscope."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
from PIL import Image

from core import images, showcase, tasks
from core.anatomy import Organ
from core.engine import Answer
from core.recipes import Recipe, Result
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts import chooser, layers, microscope, unit_pictures, work
from pages.parts.session import held
from pages.parts.slide import Section, Slide
from pages.parts.text import plain
from streamlit_app import framed

# Channels shown at once: what is shipped, and a round number for 2, 3, 4 and 6 columns.
TILES = showcase.FIRST
# Seconds to wait before what is there is shown.
PATIENCE = 0.2

Found = Mapping[Recipe, Answer]


def show() -> None:
    st.title("What does it look for?", anchor=False)
    st.caption(
        "Every picture here was made from noise, step by step, so that one channel of the network"
        " answers as strongly as it can. Click a channel to put it under the microscope."
    )
    models = layers.usable(chooser.models())
    if not models:
        layers.say_none()
        return
    card = layers.choose_model(models)
    body = layers.body(card)
    if body is not None:
        _show_layer(card, body)


def _show_layer(card: Card, body: Result) -> None:
    organs = tasks.organs_of(body)
    left, middle, right = st.columns([3, 1, 2], vertical_alignment="bottom")
    with left:
        organ = layers.choose(card, organs)
    with middle:
        unit = _unit(organ)
    with right:
        layers.show_size(organ)
    own = tasks.picture_recipe(card, organ, unit)
    tiles = {index: tasks.picture_recipe(card, organ, index) for index in _shown(organ)}
    left, right = st.columns([3, 2], gap="medium")
    slide = _slide(card, organ, organs, unit, body)
    with right, st.container(border=True):
        large = st.container()
        section = microscope.choose(slide)
        needs = section.needs(slide)
        under = st.container()
    wanted = list(dict.fromkeys([own, *needs.values(), *tiles.values()]))
    with left:
        found = dict(zip(wanted, work.answers(wanted, PATIENCE), strict=True))
        _grid(slide, tiles, found)
    with large:
        _show_large(slide, own, found[own])
    with under:
        _show_section(section, slide, needs, found)


def _unit(organ: Organ) -> int:
    """The channel under the microscope; the URL keeps it."""
    last = organ.shape[0] - 1
    asked = str(held("unit") or 0)
    st.session_state.unit = min(int(asked), last) if asked.isdecimal() else 0
    kind = "Class" if organ.name == LOGITS else "Channel"
    return int(st.number_input(kind, 0, last, key="unit", bind="query-params"))


def _shown(organ: Organ) -> range:
    """The channels whose pictures are shown."""
    channels = organ.shape[0]
    rows = {f"{first} to {min(first + TILES, channels) - 1}": first
            for first in range(0, channels, TILES)}  # fmt: skip
    if held("channels") not in rows:
        st.session_state.channels = next(iter(rows))
    first = 0
    if len(rows) > 1:
        label = "Classes" if organ.name == LOGITS else "Channels"
        chosen = st.select_slider(label, list(rows), key="channels", bind="query-params")
        first = rows[str(chosen)]
    return range(first, min(first + TILES, channels))


def _slide(card: Card, organ: Organ, organs: Sequence[Organ], unit: int, body: Result) -> Slide:
    main = [one for one in organs if one.main and len(one.shape) == 3]
    return Slide(
        card=card,
        organ=organ,
        unit=unit,
        fields=body.record["fields"],
        before=next((one for one in reversed(main) if one.depth < organ.depth), None),
        after=next((one for one in main if one.depth > organ.depth), None),
        picture=chooser.picture(),
    )


def _grid(slide: Slide, tiles: Mapping[int, Recipe], found: Found) -> None:
    with st.grid(6, min_column_width=70) as grid:
        for unit, recipe in tiles.items():
            with grid.cell():
                _tile(slide, unit, found[recipe])


def _tile(slide: Slide, unit: int, answer: Answer) -> None:
    name = slide.card.labels[unit] if slide.layer == LOGITS else str(unit)
    pixels = unit_pictures.latest(answer)
    if answer.result and answer.result.record["dead"]:
        name = f"{name} · dead"
    if pixels is not None:
        st.image(pixels, alt=f"What {name} looks for", width="stretch")
    elif answer.error:
        st.caption(f":red[{plain(answer.error)}]")
    else:
        work.waiting(96)
    st.button(
        plain(name),
        key=f"_tile_{unit}",
        type="primary" if unit == slide.unit else "tertiary",
        width="stretch",
        on_click=_choose,
        args=(unit,),
    )


def _choose(unit: int) -> None:
    st.session_state.unit = unit


def _show_large(slide: Slide, recipe: Recipe, answer: Answer) -> None:
    st.markdown(f"**{plain(slide.title)}**")
    if answer.error:
        work.failed(recipe, answer, "large")
        return
    pixels = unit_pictures.latest(answer)
    if pixels is None:
        work.waiting(300)
        return
    if answer.result and answer.result.record["dead"]:
        st.warning(
            "Dead: nothing could be found that it answers to, from two starts.",
            icon=":material/skull:",
        )
        return
    st.image(pixels, alt=f"What {slide.title} looks for", width="stretch")
    if answer.result:
        with st.container(horizontal=True):
            png = partial(images.png, Image.fromarray(pixels))
            st.download_button("PNG", png, f"{slide.unit}.png", "image/png",
                               icon=":material/download:", on_click="ignore")  # fmt: skip
            st.download_button("Recipe", recipe.to_json(), "recipe.json", "application/json",
                               icon=":material/receipt_long:", on_click="ignore")  # fmt: skip


def _show_section(
    section: Section, slide: Slide, needs: Mapping[str, Recipe], found: Found
) -> None:
    answers = {name: found[recipe] for name, recipe in needs.items()}
    for name, answer in answers.items():
        if answer.error:
            work.failed(needs[name], answer, name)
            return
    if all(answer.result for answer in answers.values()):
        section.show(slide, {name: answer.result for name, answer in answers.items()})
    else:
        work.waiting(200)


framed(show)
