"""Whether a network's answers to drawn scenes are right, and whether for the right reason."""

from core.interventions import scene_classes
from core.saliency.reasons import Reasons, reason_steps
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

SCENES = "scenes"
# Scenes of each class, and the most scenes: three of each of 28 classes.
PER_CLASS, MOST_SCENES = 10, 84
# Names in a stored result.
SHOWN, ANSWERED, ON_OBJECT, AREA, MAPS = "shown", "answered", "on object", "area", "maps"


def scene_reasons_recipe(card: Card, scenes: int | None = None) -> Recipe[Reasons]:
    """Recipe of the reasons of a network's answers to scenes of its classes.

    Args:
        card: The network's card.
        scenes: Number of scenes; by default ten of each class, but at most 84.

    Raises:
        UnknownClasses: The network knows other things than scenes.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    most = min(PER_CLASS * len(scene_classes(card.labels)), MOST_SCENES)
    return SCENE_REASONS.recipe(card, scenes=scenes or most)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    m = call.model
    results = []
    for recipe in call.recipes:
        count = recipe.option(SCENES, int)
        found = yield from reason_steps(m, scene_classes(m.labels), count)
        arrays = {ON_OBJECT: found.on_object, AREA: found.area, MAPS: found.maps}
        results.append(
            StoredResult(arrays, {SHOWN: list(found.shown), ANSWERED: list(found.answered)})
        )
    return results


def _read(stored: StoredResult) -> Reasons:
    return Reasons(
        tuple(stored.record[SHOWN]), tuple(stored.record[ANSWERED]), stored.arrays[ON_OBJECT],
        stored.arrays[AREA], stored.arrays[MAPS],
    )  # fmt: skip


SCENE_REASONS = Task("scene reasons", version=1, compute=_compute, read=_read, cost=8.0, batch=1)
