"""The units of a layer that a picture excites most."""

import numpy as np
from PIL import Image

from core import dissect
from core.dissect import StrongUnits
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


def strong_units_recipe(
    card: Card, layer: str, picture: str, count: int, among: int
) -> Recipe[StrongUnits]:
    """Recipe of the units of a layer that a picture excites most.

    Args:
        card: The network's card.
        layer: Dotted name of a layer with positions.
        picture: The picture's id.
        count: Number of units.
        among: Number of channels to choose from, the first ones.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return STRONG_UNITS.recipe(card, [picture], layer, count=count, among=among)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Read all layers in one forward pass for each picture."""
    first = call.recipes[0]
    layers = list(dict.fromkeys(recipe.layer for recipe in call.recipes))
    count, among = first.option("count", int), first.option("among", int)
    pictures: dict[object, Image.Image] = dict(
        zip((recipe.inputs for recipe in call.recipes), call.pictures(), strict=True)
    )
    units: dict[object, dict[str, StrongUnits]] = {}
    for inputs, picture in pictures.items():
        yield Progress(len(units), len(pictures), note="finding units")
        units[inputs] = dissect.strongest_units(call.model, picture, layers, count, among)
    return [_store(units[recipe.inputs][recipe.layer]) for recipe in call.recipes]


def _store(units: StrongUnits) -> StoredResult:
    return StoredResult(
        {"units": units.units, "strengths": units.strengths, "places": units.places},
        {"grid": list(units.grid)},
    )


def _read(stored: StoredResult) -> StrongUnits:
    height, width = stored.record["grid"]
    arrays: dict[str, np.ndarray] = dict(stored.arrays)
    return StrongUnits(**arrays, grid=(height, width))


STRONG_UNITS = Task(
    "strong units", version=1, compute=_compute, read=_read, cost=0.1, batch=64,
    may_differ=("layer",),
)  # fmt: skip
