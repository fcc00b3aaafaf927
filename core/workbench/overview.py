"""The recipes of the page Overview: what it asks about one picture and one network.

The page and the shipped results both take them from here, so that what the page asks at start is
what ships.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.dissect import StrongUnits, Votes
from core.layer_info import LayerInfo
from core.saliency import AreaTest
from core.workbench.recipes import Recipe
from core.workbench.tasks.layers import NetworkLayers, layers_recipe
from core.workbench.tasks.logits import PictureLogits, logits_recipe
from core.workbench.tasks.saliency_area import saliency_area_recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.workbench.tasks.strong_units import strong_units_recipe
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.workbench.tasks.votes import votes_recipe
from core.zoo import Card

# Depths at which units are shown: where edges, textures, parts and wholes tend to be.
DEPTHS: Mapping[str, float] = {
    "early": 0.08,
    "lower middle": 0.35,
    "upper middle": 0.65,
    "late": 0.95,
}
# Units shown of each depth, and the number of channels they are chosen from, the first ones: as
# many as have shipped pictures.
UNITS, AMONG = 2, 24
# Methods whose maps are compared, the shown one first. Both take few passes.
METHODS = ("grad_cam", "stage_cam")


@dataclass(frozen=True)
class OverviewRecipes:
    """The recipes of a network and a picture.

    Attributes:
        logits: The network's logits; None where it has no classes, as for all that follow.
        votes: What each of the last units adds to the top class.
        maps: The saliency map of the top class by method.
        areas: The test of each map's area.
        layers: The network's layers and first filters.
    """

    logits: Recipe[PictureLogits] | None
    votes: Recipe[Votes] | None
    maps: Mapping[str, Recipe[SaliencyMap]]
    areas: Mapping[str, Recipe[AreaTest]]
    layers: Recipe[NetworkLayers]

    @property
    def first(self) -> list[Recipe[Any]]:
        """What the page shows first."""
        return [*([self.logits] if self.logits else []), self.layers]

    @property
    def later(self) -> list[Recipe[Any]]:
        """What the page shows later, in the order in which it appears."""
        votes = [self.votes] if self.votes else []
        return [*self.maps.values(), *votes, *self.areas.values()]


def overview_recipes(card: Card, picture: str) -> OverviewRecipes:
    """Return the recipes of a network and a picture.

    Args:
        card: The network's card.
        picture: The picture's id.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    if not card.labels:
        return OverviewRecipes(None, None, {}, {}, layers_recipe(card))
    maps = {method: saliency_map_recipe(card, picture, method) for method in METHODS}
    areas = {method: saliency_area_recipe(card, picture, recipe) for method, recipe in maps.items()}
    return OverviewRecipes(
        logits_recipe(card, picture), votes_recipe(card, picture), maps, areas, layers_recipe(card)
    )


def depth_layers(layers: NetworkLayers) -> dict[str, LayerInfo]:
    """Return the main layer with positions that is nearest to each depth."""
    spatial = [layer for layer in layers.main if layer.is_spatial]
    if not spatial:
        return {}
    return {
        title: min(spatial, key=lambda layer: abs(layer.depth - depth))
        for title, depth in DEPTHS.items()
    }


def unit_recipes(card: Card, picture: str, layers: NetworkLayers) -> dict[str, Recipe[StrongUnits]]:
    """Return the recipes of the units that the picture excites most, by depth."""
    return {
        title: strong_units_recipe(card, layer.name, picture, UNITS, AMONG)
        for title, layer in depth_layers(layers).items()
    }


def picture_recipes(
    card: Card, layer: LayerInfo, units: StrongUnits
) -> Sequence[Recipe[Visualization]]:
    """Return the recipes of what these units look for."""
    return [channel_recipe(card, layer, unit) for unit in units.units.tolist()]
