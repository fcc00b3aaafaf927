"""What a network says of drawn scenes, and of their copies in which one factor is changed."""

import numpy as np

from core import interventions
from core.interventions import FACTORS, Answers, Pairs
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card

# Scenes of each class.
SCENES = 8


def scene_answers_recipe(card: Card, scenes: int = SCENES, seed: int = 0) -> Recipe[Answers]:
    """Recipe of the answers to scenes of every class that the network knows.

    Args:
        card: The network's card.
        scenes: Number of scenes of each class.
        seed: Seed of the scenes.

    Raises:
        UnknownClasses: The network knows other things than scenes.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    interventions.scene_classes(card.labels)
    return SCENE_ANSWERS.recipe(card, seed=seed, scenes=scenes)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    classes = interventions.scene_classes(call.model.labels)
    recipe = call.recipes[0]
    pairs = Pairs.plan(classes, recipe.option("scenes", int) * len(classes), recipe.seed)
    answers = yield from interventions.answer_steps(call.model, pairs)
    before = {f"before_{key}": levels.astype(np.int8) for key, levels in pairs.before.items()}
    after = {f"after_{key}": levels.astype(np.int8) for key, levels in pairs.after.items()}
    record = {"classes": answers.classes, "scenes": pairs.classes, "seed": pairs.seed}
    probabilities = {
        "probabilities": _with_three_digits(answers.before),
        "changed": _with_three_digits(answers.after),
    }
    return [StoredResult(probabilities | before | after, record)] * len(call.recipes)


def _with_three_digits(probabilities: np.ndarray) -> np.ndarray:
    """Round probabilities: most are 0 then, which hardly takes space. They ship with the app."""
    return probabilities.round(3).astype(np.float16)


def _read(stored: StoredResult) -> Answers:
    levels: list[dict[str, np.ndarray]] = [
        {key: stored.arrays[f"{side}_{key}"].astype(int) for key in FACTORS}
        for side in ("before", "after")
    ]
    pairs = Pairs(tuple(stored.record["scenes"]), stored.record["seed"], *levels)
    return Answers(
        pairs, tuple(stored.record["classes"]),
        stored.arrays["probabilities"].astype(np.float32),
        stored.arrays["changed"].astype(np.float32),
    )  # fmt: skip


SCENE_ANSWERS = Task("scene answers", version=1, compute=_compute, read=_read, cost=8.0, batch=1)
