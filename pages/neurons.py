"""Neurons: what each channel of a layer looks for, and one of them under the microscope."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.layer_info import LayerInfo, classes_layer
from core.layers import LOGITS
from core.workbench.recipes import Recipe
from core.workbench.tasks.layers import NetworkLayers
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.zoo import Card
from pages.parts.neurons import finding, large_picture, microscope
from pages.parts.neurons.unit import Unit
from pages.parts.neurons.unit_picker import pick_units
from pages.parts.neurons.unit_tile import show_tile
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import (
    network_layers,
    pick_layer,
    pick_model,
    show_layer_size,
    show_no_model,
    usable,
)
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results

# Seconds to wait before the page shows what there is.
PATIENCE = 0.2
# Height of the placeholder of a view in pixels.
VIEW_HEIGHT = 200

Tiles = Mapping[int, Recipe[Visualization]]


def show() -> None:
    show_intro(
        "What does it look for?",
        "A network finds things in a picture with thousands of small detectors, its neurons: here,"
        " a neuron is a channel of a layer. You see what each of them looks for.",
        "Each picture was made from noise, step by step, until one channel responded as strongly as"
        " possible. Click a channel to see it in detail.",
        term="Channel",
    )
    models = usable(sidebar.models())
    if not models:
        show_no_model()
        return
    results = Results()
    card = pick_model(models)
    st.markdown(with_badge(card))
    layers = network_layers(results, card)
    if layers is not None:
        _show_layer(results, card, layers)


def _show_layer(results: Results, card: Card, layers: NetworkLayers) -> None:
    picture = sidebar.picture()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        layer = pick_layer(card, layers.layers)
        show_layer_size(card, layer)
    with right:
        choice = pick_units(results, card, layer, picture)
    if choice is None:
        return
    tiles = {each: channel_recipe(card, layer, each) for each in choice.shown}
    large_recipe = channel_recipe(card, layer, choice.unit)
    unit = Unit(
        card=card,
        layer=layer,
        index=choice.unit,
        receptive_fields=layers.receptive_fields,
        before=_last([each for each in layers.main if each.depth < layer.depth]),
        after=_next(card, layer, layers),
        picture=picture,
    )
    left, right = st.columns([3, 2], gap="medium")
    with right, st.container(border=True):
        large = st.container()
        view = microscope.pick_view(unit)
        needs = view.needs(unit)
        below = st.container()
    # Each part asks for its own results, so that their progress is where they will appear.
    with large:
        st.markdown(f"**{escape_markdown(unit.title)}**")
        found = [recipe for recipe in finding.needs(unit) if recipe not in needs]
        results.ask([large_recipe, *found], PATIENCE)
    with below:
        results.ask(needs, PATIENCE)
    with left:
        results.ask(list(tiles.values()), PATIENCE)
        _show_tiles(results, unit, tiles)
    with large:
        large_picture.show(unit, results, large_recipe)
    with below:
        if results.show_errors(needs):
            return
        if all(results.value(recipe) is not None for recipe in needs):
            view.show(unit, results)
        else:
            results.placeholder(needs, VIEW_HEIGHT)


def _last(layers: Sequence[LayerInfo]) -> LayerInfo | None:
    return layers[-1] if layers else None


def _next(card: Card, layer: LayerInfo, layers: NetworkLayers) -> LayerInfo | None:
    """Return the main layer after a layer; after the last one, the network's classes."""
    after = next((each for each in layers.main if each.depth > layer.depth), None)
    if after is None and card.labels and layer.name != LOGITS:
        return classes_layer(card)
    return after


def _show_tiles(results: Results, unit: Unit, tiles: Tiles) -> None:
    with st.grid(6, min_column_width=70) as grid:
        for index, recipe in tiles.items():
            name = unit.card.labels[index] if unit.is_class else str(index)
            with grid.cell():
                show_tile(
                    results, unit.card, unit.layer, recipe, name, f"_tile_{index}",
                    chosen=index == unit.index,
                )  # fmt: skip


framed(show)
