"""The strongest connections of a unit, with the pictures of the units that it is connected to."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from core.layer_info import LayerInfo
from core.workbench.recipes import Recipe
from core.workbench.tasks.connections import INCOMING, OUTGOING, connections_recipe
from core.workbench.tasks.visualization import Visualization, channel_recipe
from pages.parts.neurons.unit import Needs, Unit
from pages.parts.neurons.unit_tile import show_tile
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

# Connections shown in each direction, with pictures where they are channels.
STRONGEST = 6
PATIENCE = 0.2


def needs(unit: Unit) -> Needs:
    """Return the recipes of a unit's connections."""
    return [recipe for _, _, recipe in _connections(unit)]


def show(unit: Unit, results: Results) -> None:
    """Show what excites or suppresses the unit, and what the unit does to the next layer."""
    st.caption(
        "The number is how much the average response over drawn scenes changes when the sending"
        " channel rises by one standard deviation. Click a channel to go there."
    )
    strongest = {
        (direction, other): _strongest(computed)
        for direction, other, recipe in _connections(unit)
        if (computed := results.value(recipe)) is not None
    }
    pictures = {
        place: {channel: channel_recipe(unit.card, place[1], channel) for channel in effects.index}
        for place, effects in strongest.items()
        if len(place[1].shape) == 3
    }
    results.ask([recipe for own in pictures.values() for recipe in own.values()], PATIENCE)
    for place, effects in strongest.items():
        direction, other = place
        title = f"From {other.name}" if direction == INCOMING else f"To {other.name}"
        st.markdown(f"**{escape_markdown(title)}**")
        if place in pictures:
            _show_channels(unit, results, other, pictures[place], effects)
        else:
            _show_classes(unit, effects)


def _connections(unit: Unit) -> list[tuple[str, LayerInfo, Recipe[np.ndarray]]]:
    """The direction, the other layer, and the recipe of each kind of connection."""
    neighbours = ((INCOMING, unit.before), (OUTGOING, unit.after))
    return [
        (direction, other,
         connections_recipe(unit.card, unit.layer.name, unit.index, other.name, direction))
        for direction, other in neighbours if other
    ]  # fmt: skip


def _strongest(effects: np.ndarray) -> pd.Series:
    """Return the strongest effects of either sign, by the index of the other unit."""
    return pd.Series(effects).iloc[np.argsort(-np.abs(effects), kind="stable")[:STRONGEST]]


def _show_channels(
    unit: Unit,
    results: Results,
    other: LayerInfo,
    pictures: Mapping[int, Recipe[Visualization]],
    effects: pd.Series,
) -> None:
    with st.grid(3, min_column_width=80) as grid:
        for channel, recipe in pictures.items():
            with grid.cell():
                name = f"{channel} · {effects[channel]:+.3f}"
                key = f"_connection_{other.name}_{channel}"
                show_tile(results, unit.card, other, recipe, name, key)


def _show_classes(unit: Unit, effects: pd.Series) -> None:
    table = pd.DataFrame(
        {"class": [unit.card.labels[index] for index in effects.index], "effect": effects}
    )
    effect = st.column_config.NumberColumn("Effect on its score", format="%+.3f")
    st.dataframe(table, hide_index=True, column_config={"class": "Class", "effect": effect})
