"""Pairs of units of two layers that respond alike, with what they look for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.compare import UnitPairs
from core.layer_info import LayerInfo
from core.layers import LOGITS
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.unit_matches import unit_matches_recipe
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.zoo import Card
from pages.parts.shared import downloads
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.unit_pictures import show_unit

# UnitPairs of units that are shown.
SHOWN = 9
PLACEHOLDER = 300
PATIENCE = 0.2


@dataclass(frozen=True)
class LayerOfNetwork:
    """A layer and its network.

    Attributes:
        card: The network's card.
        layer: The layer.
    """

    card: Card
    layer: LayerInfo

    @property
    def has_classes(self) -> bool:
        """Whether its units are the network's classes."""
        return self.layer.depth == 1 and self.layer.shape == (len(self.card.labels),)

    @property
    def microscope_layer(self) -> str:
        """The layer under which the microscope has its units; empty where it does not have them."""
        if len(self.layer.shape) == 3:
            return self.layer.name
        return LOGITS if self.has_classes else ""

    def unit_name(self, unit: int) -> str:
        """Return a unit's index, and its label where it is a class."""
        return f"{unit} · {self.card.labels[unit]}" if self.has_classes else str(unit)

    def picture_recipe(self, unit: int) -> Recipe[Visualization]:
        """Return the recipe of what a unit looks for."""
        return channel_recipe(self.card, self.layer, unit)


def show_matched_units(
    results: Results, cards: Sequence[Card], names: Sequence[str], pictures: PictureSet
) -> None:
    """Show the pairs of units that correlate most.

    Args:
        results: Of the page.
        cards: Cards of the two networks.
        names: Names of the two layers.
        pictures: The pictures that the units respond to.
    """
    st.subheader("Matching channels", anchor=False)
    listings = [layers_recipe(card) for card in cards]
    responses = [
        responses_recipe(card, name, [pictures.reference])
        for card, name in zip(cards, names, strict=True)
    ]
    matches = unit_matches_recipe(*responses)
    recipes: list[Recipe[Any]] = [*listings, *responses, matches]
    results.ask(recipes)
    if results.show_errors(recipes):
        return
    pairs = results.value(matches)
    layers = [
        LayerOfNetwork(card, listed.find(name))
        for card, name, listing in zip(cards, names, listings, strict=True)
        if (listed := results.value(listing)) is not None
    ]
    if pairs is None or len(layers) < len(cards):
        results.placeholder(recipes, PLACEHOLDER)
        return
    _show_pairs(results, layers, pairs)


def _show_pairs(results: Results, layers: Sequence[LayerOfNetwork], pairs: UnitPairs) -> None:
    a, b = layers
    st.caption(
        f"{_describe(a)}, and {_describe(b)}, paired one to one: the two of a pair respond to the"
        " same pictures. r is the correlation of their strongest responses (Li et al. 2016), on"
        f" average {pairs.r.mean():.2f} over {len(pairs.r)} pairs. The best pairs:"
    )
    shown = pairs.units[:SHOWN].tolist()
    recipes = [
        [layer.picture_recipe(unit) for layer, unit in zip(layers, units, strict=True)]
        for units in shown
    ]
    results.ask([recipe for pair in recipes for recipe in pair], PATIENCE)
    with st.grid(3, min_column_width=230) as grid:
        for units, pair, r in zip(shown, recipes, pairs.r, strict=False):
            with grid.cell(), st.container(border=True):
                st.markdown(f"r = {r:.2f}")
                _show_pair(results, layers, units, pair)
    columns = [f"{each.card.title}, {each.layer.name}" for each in layers]
    table = pd.DataFrame(pairs.units, columns=columns).assign(r=pairs.r)
    downloads.csv(table, f"units-{a.layer.name}-{b.layer.name}", index=False)


def _show_pair(
    results: Results,
    layers: Sequence[LayerOfNetwork],
    units: Sequence[int],
    pair: Sequence[Recipe[Visualization]],
) -> None:
    with st.grid(2, min_column_width=70) as grid:
        for layer, unit, recipe in zip(layers, units, pair, strict=True):
            with grid.cell():
                show_unit(results, recipe, layer.unit_name(unit), layer=layer.microscope_layer)


def _describe(layer: LayerOfNetwork) -> str:
    title, name = escape_markdown(layer.card.title), escape_markdown(layer.layer.name)
    things = "classes" if layer.has_classes else "channels"
    return f"{layer.layer.shape[0]} {things} of {title}, {name}"
