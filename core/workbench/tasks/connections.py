"""How strongly the units of another layer drive a unit, and which units it drives."""

import numpy as np

from core import dissect
from core.dissect import reference_scenes
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.zoo import Card

INCOMING, OUTGOING = "incoming", "outgoing"


def connections_recipe(
    card: Card, layer: str, unit: int, other_layer: str, direction: str
) -> Recipe[np.ndarray]:
    """Recipe of the effects between a unit and every unit of another layer, (units,).

    Args:
        card: The network's card.
        layer: The unit's layer.
        unit: Its index.
        other_layer: The other layer.
        direction: "incoming" (from the other layer to the unit) or "outgoing".

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return CONNECTIONS.recipe(
        card, layer=layer, method=direction, unit=unit, other=other_layer, set=reference_scenes.SEED
    )


def _compute(call: Call) -> Steps[list[StoredResult]]:
    m = call.model
    count = min(m.batch_size, reference_scenes.BATCH, reference_scenes.COUNT)
    imgs = reference_scenes.images(next(reference_scenes.batches(max(m.input_size[1:]), count)))

    def effects(index: int) -> StoredResult:
        recipe = call.recipes[index]
        measure = dissect.incoming if recipe.method == INCOMING else dissect.outgoing
        unit, other_layer = recipe.option("unit", int), recipe.option("other", str)
        return StoredResult({"effects": measure(call.model, imgs, recipe.layer, unit, other_layer)})

    return (yield from one_by_one(call, effects))


def _read(stored: StoredResult) -> np.ndarray:
    return stored.arrays["effects"]


CONNECTIONS = Task("connections", version=1, compute=_compute, read=_read, cost=0.6)
