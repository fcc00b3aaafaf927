"""Layers: how a network takes one picture apart, from colours and edges to parts and wholes."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core import figures, heatmap
from core.layer_info import LayerInfo
from core.pictures import Picture
from core.workbench.recipes import Recipe
from core.workbench.tasks.activation_maps import ActivationMaps, activation_maps_recipe
from core.workbench.tasks.layers import NetworkLayers
from core.zoo import Card
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import network_layers, pick_model, show_no_model, usable
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import link_to_microscope

# Maps shown of each layer, and layers shown at most: more than a person reads.
MAPS, MAX_LAYERS = 8, 12
# Side in pixels at which a filter of the first layer is shown, and filters shown.
FILTER_SIDE, FILTERS = 48, 32
# Depth at which each group of layers ends, its heading, and what its channels usually find.
GROUPS = (
    (1 / 3, "Early layers: usually edges and colours",
     "Each position sees a few pixels, so a channel can find little more than a line, a corner or a"
     " colour."),
    (2 / 3, "Middle layers: usually textures and patterns",
     "Channels combine the edges of earlier layers: fur, stripes, meshes, curves."),
    (1.0, "Late layers: usually parts and whole objects",
     "Each position sees most of the picture: eyes, wheels, whole animals. The maps are coarse,"
     " because what counts here is what there is, and less exactly where."),
)  # fmt: skip
# Height of a row's placeholder in pixels.
PLACEHOLDER = 96


def show() -> None:
    show_intro(
        "What happens in each layer?",
        "Layer by layer a network turns pixels into edges, textures, parts and objects: the maps"
        " become smaller, and there are more of them.",
        "Each row is a layer with the eight channels that respond most to your picture; a map is"
        " bright where its channel responds. Click a channel's number to see what it looks for.",
        term="Activation map",
    )
    models = usable(sidebar.models())
    picture = sidebar.picture()
    if not models or picture is None:
        show_no_model("a picture and ")
        return
    results = Results()
    card = pick_model(models)
    st.markdown(with_badge(card))
    layers = network_layers(results, card)
    if layers is not None:
        _show_layers(results, card, layers, picture)


def _show_layers(results: Results, card: Card, layers: NetworkLayers, picture: Picture) -> None:
    spatial = [layer for layer in layers.main if layer.is_spatial]
    shown = _evenly_deep(spatial)
    left, right = st.columns(2, gap="medium")
    with left:
        _show_receptive_fields(card, shown, layers, card.preprocessing.crop(picture.image))
    with right:
        _show_shapes(spatial)
        _show_filters(layers)
    _show_activation_maps(results, card, shown, layers, picture)


def _evenly_deep(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Layers evenly spread in depth, at most MAX_LAYERS.

    Where several have the same depth, the last one is taken, which is the next layer's input.
    """
    depths = np.linspace(layers[0].depth, layers[-1].depth, MAX_LAYERS)
    nearest = {
        min(reversed(layers), key=lambda layer: abs(layer.depth - depth)).name for depth in depths
    }
    return [layer for layer in layers if layer.name in nearest]


def _show_receptive_fields(
    card: Card, shown: Sequence[LayerInfo], layers: NetworkLayers, crop: Image.Image
) -> None:
    st.subheader("Receptive field", anchor=False)
    last_of_each_size = {layer.shape[1:]: layer.name for layer in shown}.values()
    fields = layers.receptive_fields
    sides = {name: fields[name] for name in last_of_each_size if name in fields}
    st.plotly_chart(
        figures.nested_squares(crop, sides),
        config={"displayModeBar": False},
        alt=f"Squares about the middle of the picture: what one position of {card.title} sees",
    )
    st.caption(
        "How much of the picture one position of a layer sees: each square holds nine tenths of"
        " what influences the position in the middle (Luo et al. 2016)."
    )


def _show_shapes(layers: Sequence[LayerInfo]) -> None:
    st.subheader("Resolution vs channels", anchor=False)
    st.plotly_chart(
        figures.resolution_and_channels(
            [layer.name for layer in layers],
            [layer.shape[1] for layer in layers],
            [layer.shape[0] for layer in layers],
        ),
        config={"displayModeBar": False},
        alt="Side of the maps and number of channels, layer by layer",
    )
    st.caption("The maps lose resolution, and the number of channels grows.")


def _show_filters(layers: NetworkLayers) -> None:
    st.subheader("The first filters", anchor=False)
    if layers.filters is None:
        st.caption(escape_markdown(layers.no_filters))
        return
    with st.container(horizontal=True, gap="small"):
        for index, pixels in enumerate(layers.filters[:FILTERS]):
            enlarged = Image.fromarray(pixels).resize(
                (FILTER_SIDE, FILTER_SIDE), Image.Resampling.NEAREST
            )
            st.image(enlarged, alt=f"First filter {index}")
    st.caption(
        "The patterns that the first layer looks for; the weights of each filter are stretched to"
        " the full range of colours."
    )


def _show_activation_maps(
    results: Results,
    card: Card,
    shown: Sequence[LayerInfo],
    layers: NetworkLayers,
    picture: Picture,
) -> None:
    st.subheader("Strongest feature maps", anchor=False)
    recipes = [activation_maps_recipe(card, layer.name, picture.id) for layer in shown]
    results.ask(recipes)
    st.caption("Which depth finds what differs by network; usually it is as the headings say.")
    start = 0.0
    for end, heading, explanation in GROUPS:
        last = end == GROUPS[-1][0]
        group = [
            (layer, recipe)
            for layer, recipe in zip(shown, recipes, strict=True)
            if start <= layer.depth and (layer.depth < end or last)
        ]
        start = end
        if group:
            st.markdown(f"#### {heading}")
            st.caption(explanation)
        for layer, recipe in group:
            _show_row(results, card, layer, recipe, layers.receptive_fields.get(layer.name))


def _show_row(
    results: Results,
    card: Card,
    layer: LayerInfo,
    recipe: Recipe[ActivationMaps],
    field: float | None,
) -> None:
    """Show what a layer is, and its strongest maps."""
    text, strip = st.columns([1, 4], vertical_alignment="center")
    channels, height, width = layer.shape
    sees = f", receptive field {field:.0f} pixels" if field else ""
    text.markdown(f"**{escape_markdown(layer.name)}**")
    text.caption(f"{channels} channels of {height} × {width}{sees}")
    with strip:
        activations = results.show(recipe, PLACEHOLDER)
        if activations is not None:
            maps = heatmap.map_row(activations.maps[:MAPS])
            st.image(maps, alt=f"Maps of {layer.name}", width="stretch")
            _link_channels(card, layer, activations.channels[:MAPS].tolist())


def _link_channels(card: Card, layer: LayerInfo, channels: Sequence[int]) -> None:
    """Show each channel of a strip under its map, as a link to the microscope."""
    with st.grid(MAPS, min_column_width=24, gap="xxsmall") as grid:
        for channel in channels:
            with grid.cell():
                link_to_microscope(card.name, layer.name, channel, str(channel))


framed(show)
