"""The mean answer of a network to ten crops of each picture of a set, at a step of a dial."""

import numpy as np

from core import corruptions
from core.predict import require_classes
from core.steps import Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, preview_of_only_recipe
from core.workbench.tasks.set_dial_answers import ROWS
from core.zoo import Card


def ten_crop_answers_recipe(card: Card, reference: str, dial: str, step: int) -> Recipe[np.ndarray]:
    """Recipe of the logarithms of the mean probabilities for each picture of a set, (n, classes).

    Args:
        card: The network's card.
        reference: The set's reference.
        dial: A key of `corruptions.DIALS`.
        step: Its step, 0 to 5.

    Raises:
        NoClassifier: The network has no classes.
        UnknownDial: There is no such dial.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    require_classes(card)
    key = corruptions.find(dial).key
    return TEN_CROP_ANSWERS.recipe(card, [reference], method=key, step=step)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    recipe = call.recipes[0]
    steps = corruptions.ten_crop_steps(
        call.model, call.picture_sets()[0], corruptions.find(recipe.method),
        recipe.option("step", int),
    )  # fmt: skip
    return [StoredResult({ROWS: (yield from map_progress(steps, preview_of_only_recipe))})]


def _read(stored: StoredResult) -> np.ndarray:
    return stored.arrays[ROWS]


TEN_CROP_ANSWERS = Task(
    "ten crop answers", version=1, compute=_compute, read=_read, cost=10.0, batch=1,
    by_picture=True,
)  # fmt: skip
