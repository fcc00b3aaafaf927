"""The test of a saliency map's area: the probability of the class with and without it."""

from dataclasses import astuple

import numpy as np

from core import saliency
from core.saliency import AreaTest
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks.saliency_map import SaliencyMap, maps_and_classes
from core.zoo import Card


def saliency_area_recipe(
    card: Card, picture: str, saliency_map: Recipe[SaliencyMap]
) -> Recipe[AreaTest]:
    """Recipe of the class probability with and without the map's area.

    Args:
        card: The network's card.
        picture: The picture's id.
        saliency_map: The saliency map that ranks the pixels.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    return SALIENCY_AREA.recipe(card, [picture, saliency_map])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    maps, classes = maps_and_classes(call)
    tests = yield from saliency.area_tests_steps(call.model, call.pictures(), maps, classes)
    return [StoredResult({"probabilities": np.array(astuple(test))}) for test in tests]


def _read(stored: StoredResult) -> AreaTest:
    return AreaTest(*stored.arrays["probabilities"].tolist())


SALIENCY_AREA = Task("saliency area", version=1, compute=_compute, read=_read, cost=0.15, batch=4)
