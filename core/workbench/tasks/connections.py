"""How strongly the units of another layer drive a unit, and which units it drives."""

import numpy as np

from core import dissect
from core.dissect import reference_scenes
from core.scenes import CLASSES
from core.steps import Steps, as_step, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

INCOMING, OUTGOING = "incoming", "outgoing"
# Scenes over which effects are averaged, on any device: one of each class.
SCENES = len(CLASSES)


def connections_recipe(
    card: Card, layer: str, unit: int, other_layer: str, direction: str
) -> Recipe[np.ndarray]:
    """Recipe of the effects between a unit and every unit of another layer, (units,).

    Args:
        card: The network's card.
        layer: The unit's layer.
        unit: Its index.
        other_layer: The other layer; "logits" for the network's classes.
        direction: "incoming" (from the other layer to the unit) or "outgoing".

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return CONNECTIONS.recipe(
        card, layer=layer, method=direction, unit=unit, other=other_layer, set=reference_scenes.SEED
    )


def _compute(call: Call) -> Steps[list[StoredResult]]:
    m = call.model
    drawn = next(reference_scenes.batches(max(m.input_size[1:]), SCENES, at_once=SCENES))
    imgs = reference_scenes.images(drawn)
    results = []
    for index, recipe in enumerate(call.recipes):
        measure = dissect.incoming_steps if recipe.method == INCOMING else dissect.outgoing_steps
        unit, other_layer = recipe.option("unit", int), recipe.option("other", str)
        steps = measure(m, imgs, recipe.layer, unit, other_layer)
        effects = yield from map_progress(steps, as_step(index, len(call.recipes)))
        results.append(StoredResult({"effects": effects}))
    return results


def _read(stored: StoredResult) -> np.ndarray:
    return stored.arrays["effects"]


CONNECTIONS = Task("connections", version=2, compute=_compute, read=_read, cost=1.5)
