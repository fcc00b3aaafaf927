"""The units on a map of neurons, with their names and recipes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core import zoo
from core.dissect import Responses
from core.embed import NeuronGroup
from core.layer_info import LayerInfo
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.neuron_map import NeuronMap
from core.workbench.tasks.visualization import Visualization, channel_recipe
from core.zoo import Card


@dataclass(frozen=True)
class Population:
    """The units on a map.

    Attributes:
        models: The networks by name.
        layers: Network and layer of each of the map's layers.
        pictures: The pictures that the units respond to.
        drawn: The map.
        responses: Recipe of each layer's responses.
    """

    models: Mapping[str, Card]
    layers: Sequence[tuple[str, LayerInfo]]
    pictures: PictureSet
    drawn: NeuronMap
    responses: Sequence[Recipe[Responses]]

    @cached_property
    def titles(self) -> dict[str, str]:
        """Title of each network, by name."""
        return zoo.distinct_titles(self.models)

    @cached_property
    def network_names(self) -> list[str]:
        """Names of the networks that have layers on the map."""
        return list(dict.fromkeys(name for name, _ in self.layers))

    @cached_property
    def networks(self) -> list[str]:
        """Title of each unit's network."""
        titles = [self.titles[name] for name, _ in self.layers]
        return [titles[index] for index in self.drawn.layer.tolist()]

    @cached_property
    def layer_names(self) -> list[str]:
        """Name of each unit's layer."""
        names = [layer.name for _, layer in self.layers]
        return [names[index] for index in self.drawn.layer.tolist()]

    @cached_property
    def full_layer_names(self) -> list[str]:
        """Name of each unit's layer, with its network where there are several."""
        if len(self.network_names) == 1:
            return self.layer_names
        pairs = zip(self.networks, self.layer_names, strict=True)
        return [f"{network} {layer}" for network, layer in pairs]

    @cached_property
    def names(self) -> list[str]:
        """Name of each unit."""
        units = self.drawn.unit.tolist()
        pairs = zip(self.full_layer_names, units, strict=True)
        return [f"{layer}, {unit}" for layer, unit in pairs]

    def layer_of(self, point: int) -> tuple[str, LayerInfo]:
        """Return the network's name and the layer of a unit."""
        return self.layers[int(self.drawn.layer[point])]

    def picture_recipe(self, point: int) -> Recipe[Visualization]:
        """Return the recipe of what a unit looks for."""
        name, layer = self.layer_of(point)
        return channel_recipe(self.models[name], layer, int(self.drawn.unit[point]))


def group_title(index: int, group: NeuronGroup) -> str:
    """Return the title of a group: its number, and its name where it has one."""
    return f"{index + 1} {group.name}".strip()
