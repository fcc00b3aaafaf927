"""How well features separate classes."""

from dataclasses import dataclass

import numpy as np

from core import embed
from core.steps import Progress, Steps, as_step, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task


@dataclass(frozen=True)
class ClassSeparation:
    """How well a layer separates classes.

    Attributes:
        purity: Mean share of a picture's nearest neighbours by features that have its class; None
            if no class has two pictures.
    """

    purity: float | None


def class_separation_recipe(
    features: Recipe[np.ndarray], labelled: str, metric: str = "euclidean"
) -> Recipe[ClassSeparation]:
    """Recipe of the class purity of the nearest neighbours by features.

    Args:
        features: The features.
        labelled: Reference of the set, which has the labels.
        metric: One of `embed.METRICS`.
    """
    return CLASS_SEPARATION.recipe(inputs=[features, labelled], metric=metric)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    results = []
    for index, features in enumerate(call.each(np.ndarray)):
        yield Progress(index, len(call.recipes))
        metric = call.recipes[index].option("metric", str)
        steps = embed.purity_steps(features, call.labels(index), metric=metric)
        purity = yield from map_progress(steps, as_step(index, len(call.recipes)))
        results.append(StoredResult({}, {"purity": purity}))
    return results


def _read(stored: StoredResult) -> ClassSeparation:
    return ClassSeparation(stored.record["purity"])


CLASS_SEPARATION = Task("class separation", version=1, compute=_compute, read=_read, cost=0.2)
