"""The strongest activation maps of a layer for a picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from core import probe
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

# Number of maps of a layer in a result.
MAX_MAPS = 16


@dataclass(frozen=True)
class ActivationMaps:
    """The channels of a layer with the highest activations, strongest first.

    Attributes:
        maps: Their activations, (n, h, w), float16.
        channels: Their indices, (n,).
    """

    maps: np.ndarray
    channels: np.ndarray


def activation_maps_recipe(card: Card, layer: str, picture: str) -> Recipe[ActivationMaps]:
    """Recipe of a layer's strongest activation maps for a picture.

    Args:
        card: The network's card.
        layer: Dotted name.
        picture: The picture's id.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return ACTIVATION_MAPS.recipe(card, [picture], layer)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Read all layers in one forward pass for each picture."""
    layers = list(dict.fromkeys(recipe.layer for recipe in call.recipes))
    activations: dict[tuple[str | Recipe[Any], ...], dict[str, Tensor]] = {}
    for recipe, picture in zip(call.recipes, call.pictures(), strict=True):
        if recipe.inputs not in activations:
            yield Progress(len(activations), len(call.recipes))
            x = call.model.preprocess([picture])
            activations[recipe.inputs] = probe.read(call.model, x, layers)
    return [
        _strongest(activations[recipe.inputs][recipe.layer][0].float()) for recipe in call.recipes
    ]


def _strongest(maps: Float[Tensor, "c h w"]) -> StoredResult:
    order = maps.flatten(1).amax(1).argsort(descending=True, stable=True)[:MAX_MAPS]
    arrays = {"maps": maps[order].half().cpu().numpy(), "channels": order.cpu().numpy()}
    return StoredResult(arrays)


def _read(stored: StoredResult) -> ActivationMaps:
    return ActivationMaps(stored.arrays["maps"], stored.arrays["channels"])


ACTIVATION_MAPS = Task(
    "activation maps", version=1, compute=_compute, read=_read, cost=0.1, batch=64,
    may_differ=("layer",),
)  # fmt: skip
