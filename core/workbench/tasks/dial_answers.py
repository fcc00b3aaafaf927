"""What a network says of a picture at each step of a dial that makes it worse."""

from core import corruptions
from core.corruptions import DialAnswers
from core.predict import require_classes
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

# Names of the arrays.
LOGITS, ATTACKED = "logits", "attacked"


def dial_answers_recipe(card: Card, picture: str, dial: str) -> Recipe[DialAnswers]:
    """Recipe of the answers at each step of a dial.

    Args:
        card: The network's card.
        picture: The picture's id.
        dial: A key of `corruptions.DIALS`.

    Raises:
        NoClassifier: The network has no classes.
        UnknownDial: There is no such dial.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    require_classes(card)
    return DIAL_ANSWERS.recipe(card, [picture], method=corruptions.find(dial).key)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    results = []
    for recipe, img in zip(call.recipes, call.pictures(), strict=True):
        dial = corruptions.find(recipe.method)
        answers = yield from corruptions.dial_answer_steps(call.model, img, dial)
        arrays = {LOGITS: answers.logits}
        if answers.attacked is not None:
            arrays[ATTACKED] = answers.attacked
        results.append(StoredResult(arrays))
    return results


def _read(stored: StoredResult) -> DialAnswers:
    return DialAnswers(stored.arrays[LOGITS], stored.arrays.get(ATTACKED))


DIAL_ANSWERS = Task("dial answers", version=2, compute=_compute, read=_read, cost=0.3, batch=1)
