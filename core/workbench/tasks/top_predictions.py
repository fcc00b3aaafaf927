"""The top class of each picture of a set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import compare
from core.compare import TopPredictions
from core.layers import LOGITS
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.workbench.tasks.features import features_recipe
from core.zoo import Card


@dataclass(frozen=True)
class TopClasses:
    """The top class of each picture.

    Attributes:
        index: Index of each top class, (n,).
        probability: Its softmax probability, (n,).
    """

    index: np.ndarray
    probability: np.ndarray

    def named(self, labels: Sequence[str]) -> TopPredictions:
        """Return the top classes by name.

        Args:
            labels: The names of the network's classes.
        """
        return TopPredictions(
            tuple(labels[index] for index in self.index.tolist()), self.probability
        )


def top_predictions_recipe(card: Card, reference: str) -> Recipe[TopClasses]:
    """Recipe of the top class of each picture of a set, and its probability.

    Args:
        card: The network's card.
        reference: The set's reference.

    Raises:
        NoClassifier: The network has no classes.
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return TOP_PREDICTIONS.recipe(inputs=[features_recipe(card, reference, LOGITS)])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    logits = call.each(np.ndarray)

    def top_classes(index: int) -> StoredResult:
        best, probability = compare.top_class(logits[index])
        return StoredResult({"index": best, "probability": probability})

    return (yield from one_by_one(call, top_classes))


def _read(stored: StoredResult) -> TopClasses:
    return TopClasses(stored.arrays["index"], stored.arrays["probability"])


TOP_PREDICTIONS = Task("top predictions", version=1, compute=_compute, read=_read, cost=0.05)
