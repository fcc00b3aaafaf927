"""What a network says of a photograph when one thing in it is changed."""

from core.interventions import PhotoAnswers, area_cells, photo_answer_steps
from core.predict import require_classes
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

# Names of the array, and of the record's value.
LOGITS, KEYS = "logits", "keys"


def photo_answers_recipe(card: Card, picture: str, area: str = "") -> Recipe[PhotoAnswers]:
    """Recipe of the answers to a photograph and its changed copies.

    Args:
        card: The network's card.
        picture: The picture's id.
        area: The marked area, as `interventions.area_text` returns it; empty where none is marked.

    Raises:
        BadArea: The text does not describe an area.
        NoClassifier: The network has no classes.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    require_classes(card)
    area_cells(area)
    return PHOTO_ANSWERS.recipe(card, [picture], area=area)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    results = []
    for recipe, img in zip(call.recipes, call.pictures(), strict=True):
        cells = area_cells(str(dict(recipe.options)["area"]))
        answers = yield from photo_answer_steps(call.model, img, cells)
        results.append(StoredResult({LOGITS: answers.logits}, {KEYS: list(answers.keys)}))
    return results


def _read(stored: StoredResult) -> PhotoAnswers:
    return PhotoAnswers(stored.arrays[LOGITS], tuple(stored.record[KEYS]))


PHOTO_ANSWERS = Task("photo answers", version=1, compute=_compute, read=_read, cost=0.4, batch=1)
