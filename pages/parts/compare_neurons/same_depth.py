"""Units of up to four networks at the same depths, side by side."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.layer_info import LayerInfo
from core.workbench import showcase
from core.workbench.recipes import Recipe
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import show_unit, unit_of

# Depths at which networks are compared: where edges, textures, parts and wholes tend to be.
DEPTHS: Mapping[str, float] = {
    "Early: mostly edges and colours": 0.08,
    "Lower middle: mostly textures": 0.35,
    "Upper middle: mostly parts": 0.65,
    "Late: mostly objects": 0.95,
}
PATIENCE = 0.2


def show(
    results: Results, models: Mapping[str, Card], layers: Mapping[str, Sequence[LayerInfo]]
) -> None:
    """Show a row for each depth, with a column for each network."""
    nearest = {
        (title, name): min(layers[name], key=lambda layer: abs(layer.depth - depth))
        for title, depth in DEPTHS.items()
        for name in models
    }
    recipes = {
        place: [
            channel_recipe(models[place[1]], layer, unit)
            for unit in layer.spaced_channels(showcase.SPREAD)
        ]
        for place, layer in nearest.items()
    }
    results.ask([recipe for units in recipes.values() for recipe in units], PATIENCE)
    for title in DEPTHS:
        st.subheader(title, anchor=False)
        for place, (name, card) in zip(st.columns(len(models)), models.items(), strict=True):
            with place:
                layer = escape_markdown(nearest[title, name].name)
                st.markdown(with_badge(card))
                st.caption(f"Layer {layer}")
                _show_units(results, recipes[title, name])


def _show_units(results: Results, recipes: Sequence[Recipe[Visualization]]) -> None:
    with st.grid(2, min_column_width=70) as grid:
        for recipe in recipes:
            with grid.cell():
                show_unit(results, recipe, f"channel {unit_of(recipe)}")
