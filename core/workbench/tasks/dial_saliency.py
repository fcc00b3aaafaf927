"""Where a network looks at an unchanged picture, and at a step of a dial."""

from core import corruptions
from core.corruptions import LookedAt
from core.options import Option
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks.saliency_map import (
    CLASS,
    method_cost,
    method_options,
    method_recipe,
)
from core.zoo import Card

# Options of the recipe, and the maps that a computation makes.
DIAL, STEP, MAPS = "dial", "step", 3


def dial_saliency_recipe(
    card: Card, picture: str, dial: str, step: int, method: str, class_index: int | None = None
) -> Recipe[LookedAt]:
    """Recipe of the saliency maps before and after a picture is changed.

    Args:
        card: The network's card.
        picture: The picture's id.
        dial: A key of `corruptions.DIALS`.
        step: Its step, 0 to 5.
        method: A key of `saliency.methods()`.
        class_index: Index of the class; None for the answer to the unchanged picture.

    Raises:
        NoClassifier: The network has no classes.
        UnknownDial: There is no such dial.
        UnknownMethod: There is no such method.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    options: dict[str, Option] = {DIAL: corruptions.find(dial).key, STEP: step, CLASS: class_index}
    return method_recipe(DIAL_SALIENCY, card, method, None, options, [picture])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    results = []
    for recipe, img in zip(call.recipes, call.pictures(), strict=True):
        class_index = dict(recipe.options)[CLASS]
        looked = yield from corruptions.looked_at_steps(
            call.model, img, corruptions.find(recipe.option(DIAL, str)),
            recipe.option(STEP, int), recipe.method,
            class_index if isinstance(class_index, int) else None, **method_options(recipe),
        )  # fmt: skip
        arrays = {"before": looked.before, "after": looked.after, "answer": looked.answer}
        record = {"class_index": looked.class_index, "answer_index": looked.answer_index}
        results.append(StoredResult(arrays, record))
    return results


def _read(stored: StoredResult) -> LookedAt:
    return LookedAt(
        stored.arrays["before"], stored.arrays["after"], stored.arrays["answer"],
        stored.record["class_index"], stored.record["answer_index"],
    )  # fmt: skip


DIAL_SALIENCY = Task(
    "dial saliency", version=1, compute=_compute, read=_read,
    cost=lambda recipe: MAPS * method_cost(recipe), batch=1,
)  # fmt: skip
