"""What a network says of each picture of a set at each step of a dial."""

import numpy as np

from core import corruptions
from core.corruptions import STEPS
from core.predict import require_classes
from core.steps import Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, preview_of_only_recipe
from core.zoo import Card

# Name of the array of logits, as tasks that are `by_picture` have it.
ROWS = "rows"


def set_dial_answers_recipe(card: Card, reference: str, dial: str) -> Recipe[np.ndarray]:
    """Recipe of the logits at each step of a dial for each picture of a set, (n, steps, classes).

    Args:
        card: The network's card.
        reference: The set's reference.
        dial: A key of `corruptions.DIALS`.

    Raises:
        NoClassifier: The network has no classes.
        UnknownDial: There is no such dial.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    require_classes(card)
    return SET_DIAL_ANSWERS.recipe(card, [reference], method=corruptions.find(dial).key)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    dial = corruptions.find(call.recipes[0].method)
    steps = corruptions.set_answer_steps(call.model, call.picture_sets()[0], dial)
    return [StoredResult({ROWS: (yield from map_progress(steps, preview_of_only_recipe))})]


def _read(stored: StoredResult) -> np.ndarray:
    rows = stored.arrays[ROWS]
    return rows.reshape(len(rows), STEPS + 1, -1)


SET_DIAL_ANSWERS = Task(
    "set dial answers", version=1, compute=_compute, read=_read, cost=10.0, batch=1,
    by_picture=True,
)  # fmt: skip
