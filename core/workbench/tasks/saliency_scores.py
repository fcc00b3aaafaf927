"""The insertion and deletion curves of a saliency map."""

from core import saliency
from core.saliency import Evaluation
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks.saliency_map import SaliencyMap, maps_and_classes
from core.zoo import Card


def saliency_scores_recipe(
    card: Card, picture: str, saliency_map: Recipe[SaliencyMap]
) -> Recipe[Evaluation]:
    """Recipe of the class probability while the highest ranked pixels are inserted or deleted.

    Args:
        card: The network's card.
        picture: The picture's id.
        saliency_map: The saliency map that ranks the pixels.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    return SALIENCY_SCORES.recipe(card, [picture, saliency_map])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    maps, classes = maps_and_classes(call)
    scores = yield from saliency.evaluate_steps(call.model, call.pictures(), maps, classes)
    curves = zip(scores.insertion, scores.deletion, strict=True)
    return [
        StoredResult({"insertion": insertion, "deletion": deletion})
        for insertion, deletion in curves
    ]


def _read(stored: StoredResult) -> Evaluation:
    return Evaluation(stored.arrays["insertion"][None], stored.arrays["deletion"][None])


# A single recipe in each call, so that the curves of a fast method don't wait for a slow map.
SALIENCY_SCORES = Task(
    "saliency scores", version=1, compute=_compute, read=_read, cost=0.6, batch=1
)
