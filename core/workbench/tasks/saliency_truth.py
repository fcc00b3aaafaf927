"""How well a saliency method finds the object in drawn scenes, whose true mask is known."""

from collections.abc import Mapping

from core import saliency
from core.options import Option
from core.saliency import GroundTruthScores
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks.saliency_map import method_options, method_recipe
from core.zoo import Card

SCENES = "scenes"


def saliency_truth_recipe(
    card: Card, method: str, scenes: int, options: Mapping[str, Option] | None = None
) -> Recipe[GroundTruthScores]:
    """Recipe of the scores of a saliency method on drawn scenes, one for each scene.

    Args:
        card: The network's card.
        method: A key of `saliency.methods()`.
        scenes: Number of scenes.
        options: Options of the method that are not at their defaults.

    Raises:
        NoClassifier: The network has no classes.
        UnknownMethod: There is no such method or option.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    return method_recipe(SALIENCY_TRUTH, card, method, options, {SCENES: scenes})


def _compute(call: Call) -> Steps[list[StoredResult]]:
    first = call.recipes[0]
    count, options = first.option(SCENES, int), method_options(first)
    truth = yield from saliency.ground_truth_steps(call.model, first.method, count, True, **options)
    return [StoredResult(dict(vars(truth)))] * len(call.recipes)


def _read(stored: StoredResult) -> GroundTruthScores:
    return GroundTruthScores(**stored.arrays)


SALIENCY_TRUTH = Task("saliency truth", version=2, compute=_compute, read=_read, cost=6.0, batch=1)
