"""Layers: how a network takes one picture apart, from colours and edges to parts and wholes."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core import figures, heat, tasks
from core.anatomy import Organ
from core.pictures import Picture
from core.recipes import Result
from core.zoo import Card
from pages.parts import chooser, layers, work
from pages.parts.text import plain
from streamlit_app import framed

# Maps shown of each layer, and layers shown at most: more than a person reads.
MAPS, MOST_LAYERS = 8, 12
# Side at which a filter of the first layer is shown, and filters shown.
FILTER_SIDE, FILTERS = 48, 32


def show() -> None:
    st.title("How does it take a picture apart?", anchor=False)
    st.caption(
        "Layer by layer the picture becomes smaller and the number of channels grows. Bright is"
        " where a channel answers; of each layer the channels that answer most are shown."
    )
    models = layers.usable(chooser.models())
    picture = chooser.picture()
    if not models or picture is None:
        layers.say_none("a picture and ")
        return
    card = layers.choose_model(models)
    body = layers.body(card)
    if body is not None:
        _show_body(card, body, picture)


def _show_body(card: Card, body: Result, picture: Picture) -> None:
    organs = [one for one in tasks.organs_of(body) if one.main and one.has_positions]
    shown = _some(organs)
    crop = card.preprocessing.crop(picture.image)
    left, right = st.columns(2, gap="medium")
    with left:
        _show_fields(card, shown, body, crop)
    with right:
        _show_shape(organs)
        _show_filters(body)
    _show_maps(card, shown, body, picture)


def _some(organs: Sequence[Organ]) -> list[Organ]:
    """Layers evenly deep from the first to the last, no more than can be read.

    Of several at one depth the last, which the next layer is given.
    """
    depths = np.linspace(organs[0].depth, organs[-1].depth, MOST_LAYERS)
    picks = {min(reversed(organs), key=lambda one: abs(one.depth - depth)).name for depth in depths}
    return [one for one in organs if one.name in picks]


def _show_fields(card: Card, organs: Sequence[Organ], body: Result, crop: Image.Image) -> None:
    st.subheader("How far one unit sees", anchor=False)
    fields = body.record["fields"]
    picks = {one.shape[1:]: one for one in organs}.values()  # the last of each size
    sides = {organ.name: fields[organ.name] for organ in picks if organ.name in fields}
    st.plotly_chart(
        figures.nested_squares(crop, sides),
        config={"displayModeBar": False},
        alt=f"Squares about the middle of the picture: what one unit of {card.title} sees",
    )
    st.caption(
        "Squares that hold nine tenths of what reaches the unit in the middle (its effective"
        " receptive field, Luo et al. 2016)."
    )


def _show_shape(organs: Sequence[Organ]) -> None:
    st.subheader("Size for channels", anchor=False)
    st.plotly_chart(
        figures.shape_through(
            [organ.name for organ in organs],
            [organ.shape[1] for organ in organs],
            [organ.shape[0] for organ in organs],
        ),
        config={"displayModeBar": False},
        alt="Side of the maps and number of channels, layer by layer",
    )


def _show_filters(body: Result) -> None:
    st.subheader("The first filters", anchor=False)
    if "filters" not in body.arrays:
        st.caption(plain(body.record["no_filters"]))
        return
    filters = body.arrays["filters"][:FILTERS]
    enlarged = [
        Image.fromarray(one).resize((FILTER_SIDE, FILTER_SIDE), Image.Resampling.NEAREST)
        for one in filters
    ]
    with st.container(horizontal=True, gap="small"):
        for index, tile in enumerate(enlarged):
            st.image(tile, alt=f"First filter {index}")
    st.caption("Weights over red, green and blue, each filter stretched to full colour.")


def _show_maps(card: Card, organs: Sequence[Organ], body: Result, picture: Picture) -> None:
    st.subheader("What answers", anchor=False)
    recipes = [tasks.maps_recipe(card, organ.name, picture.id) for organ in organs]
    for organ, recipe, answer in zip(organs, recipes, work.answers(recipes), strict=True):
        text, strip = st.columns([1, 4], vertical_alignment="center")
        channels, height, width = organ.shape
        field = body.record["fields"].get(organ.name)
        sees = f", sees {field:.0f} pixels" if field else ""
        text.markdown(f"**{plain(organ.name)}**")
        text.caption(f"{channels} channels of {height} × {width}{sees}")
        if answer.error:
            with strip:
                work.failed(recipe, answer, organ.name)
        elif answer.result:
            maps, units = answer.result.arrays["maps"][:MAPS], answer.result.arrays["units"][:MAPS]
            strip.image(heat.strip(maps), alt=f"Maps of {organ.name}", width="stretch")
            with strip:
                _link(card, organ, units.tolist())
        else:
            with strip:
                work.waiting(96)


def _link(card: Card, organ: Organ, units: Sequence[int]) -> None:
    """The channels of a strip, each under its map and leading to the microscope."""
    with st.grid(MAPS, min_column_width=24, gap="xxsmall") as grid:
        for unit in units:
            with grid.cell():
                st.page_link(
                    "pages/neurons.py", label=str(unit), help="Under the microscope",
                    query_params={"model": card.name, "layer": organ.name, "unit": str(unit)},
                )  # fmt: skip


framed(show)
