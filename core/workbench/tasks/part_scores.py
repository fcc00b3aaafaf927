"""How well the units of a layer cover the parts of drawn scenes."""

from core import dissect
from core.dissect import PartScores, reference_scenes
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


def part_scores_recipe(card: Card, layer: str) -> Recipe[PartScores]:
    """Recipe of the intersection over union of a layer's units with the parts of scenes.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return PART_SCORES.recipe(
        card, layer=layer, scenes=reference_scenes.COUNT, set=reference_scenes.SEED
    )


def _compute(call: Call) -> Steps[list[StoredResult]]:
    layers = list(dict.fromkeys(recipe.layer for recipe in call.recipes))
    scores = yield from dissect.parts_steps(call.model, layers)
    return [StoredResult({"iou": scores[recipe.layer].iou}) for recipe in call.recipes]


def _read(stored: StoredResult) -> PartScores:
    return PartScores(stored.arrays["iou"])


PART_SCORES = Task(
    "part scores", version=3, compute=_compute, read=_read, cost=3.0, may_differ=("layer",)
)
