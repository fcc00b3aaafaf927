"""Saliency maps, and how far each can be trusted."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
from PIL import Image

from core import predict, saliency
from core.recipes import Input, Option, Recipe, Result, Task, options
from core.saliency import Evaluation
from core.steps import Progress, Steps, mapped
from core.zoo import Card, Model, weights_id

# Names in a recipe's options that are not the method's own.
CLASS, AGAINST, SCENES = "class", "against", "scenes"


def _explain_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    """All pictures of one method at once; where some name a class, the others' is their top one."""
    m, first = cast(Model, m), recipes[0]
    imgs = [cast(Image.Image, picture) for (picture,) in inputs]
    asked = [dict(recipe.options) for recipe in recipes]
    classes = _filled(m, imgs, [one[CLASS] for one in asked])
    against = [one[AGAINST] for one in asked]
    contrast = [cast(int, index) for index in against] if against[0] is not None else None
    found = yield from saliency.explain_steps(
        m, imgs, first.method, classes, first.layer or None, first.seed, contrast, **_own(first)
    )
    results = []
    for row, one in enumerate(found.maps):
        notes = {name: float(values[row]) for name, values in found.notes.items()}
        record = {"class": found.classes[row], "against": against[row], "notes": notes,
                  "flat": bool(np.ptp(one) == 0)}  # fmt: skip
        results.append(Result({"map": one}, record))
    return results


def _filled(m: Model, imgs: Sequence[Image.Image], classes: Sequence[Option]) -> list[int] | None:
    """The classes asked for, with the top one where none was; None where none was for any."""
    if all(index is None for index in classes):
        return None
    tops = [row[0].index for row in predict.top_classes(m, imgs, 1)]
    return [
        top if index is None else cast(int, index) for index, top in zip(classes, tops, strict=True)
    ]


def _own(recipe: Recipe) -> dict[str, Option]:
    """The method's own options."""
    return {name: value for name, value in recipe.options if name not in (CLASS, AGAINST, SCENES)}


def _evaluate_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    imgs = [cast(Image.Image, picture) for picture, _ in inputs]
    made = [cast(Result, result) for _, result in inputs]
    maps = np.stack([result.arrays["map"] for result in made])
    classes = [int(result.record["class"]) for result in made]
    found = yield from saliency.evaluate_steps(cast(Model, m), imgs, maps, classes)
    pairs = zip(found.insertion, found.deletion, strict=True)
    return [Result({"insertion": come, "deletion": go}) for come, go in pairs]


def _check_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m, first = cast(Model, m), recipes[0]
    imgs = [cast(Image.Image, picture) for (picture,) in inputs]
    sane = saliency.sanity_steps(m, imgs, first.method, None, 0, **_own(first))
    calm = saliency.sensitivity_steps(m, imgs, first.method, None, 0, **_own(first))
    checked = yield from mapped(sane, partial(_half, of=0))
    moved = yield from mapped(calm, partial(_half, of=1))
    shares = np.array(checked.shares)
    return [
        Result(
            {"shares": shares, "likeness": checked.likeness[:, row]}, {"sensitivity": float(far)}
        )
        for row, far in enumerate(moved)
    ]


def _half(progress: Progress, of: int) -> Progress:
    """Progress of the first or the second of two things."""
    return Progress(of * progress.total + progress.step, 2 * progress.total)


def _truth_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    first = recipes[0]
    count = cast(int, dict(first.options)[SCENES])
    asked = _own(first)
    found = yield from saliency.truth_steps(cast(Model, m), first.method, count, True, **asked)
    return [Result(dict(vars(found)))] * len(recipes)


# Seconds that a pass of a picture takes, roughly.
A_PASS = 0.02


def _cost(recipe: Recipe) -> float:
    return A_PASS * saliency.find(recipe.method, {}).passes


EXPLAIN = Task("explain", version=1, steps=_explain_steps, cost=_cost, batch=16, apart=(CLASS,))
# One at a time: a quick method's curves should not wait for a slow one's map.
EVALUATE = Task("evaluate", version=1, steps=_evaluate_steps, cost=0.6, batch=1)
CHECK = Task("check", version=1, steps=_check_steps, cost=3.0, batch=4)
TRUTH = Task("truth", version=1, steps=_truth_steps, cost=6.0, batch=1)


def explain_recipe(
    card: Card,
    picture: str,
    method: str,
    class_: int | None = None,
    against: int | None = None,
    layer: str = "",
    asked: Mapping[str, Option] | None = None,
) -> Recipe:
    """Where a network looked for a class of one picture.

    Args:
        card: The model's.
        picture: Its id.
        method: A key of `saliency.methods()`.
        class_: Its number; the picture's top class where None.
        against: A class whose logit is taken off: why this and not that.
        layer: For methods that look at one; the last with positions where empty.
        asked: Options of the method that are not at their defaults.

    Raises:
        NoClassifier: The model gives no classes.
        UnknownMethod: No such method or option.
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    named = {CLASS: class_, AGAINST: against}
    return _recipe(EXPLAIN, card, method, asked, (picture,), layer, named)


def evaluate_recipe(card: Card, picture: str, explained: Recipe) -> Recipe:
    """What the network does as the pixels that a map ranks highest go or come."""
    return Recipe(
        EVALUATE.name, EVALUATE.version, model=card.name, weights_id=weights_id(card),
        inputs=(picture, explained),
    )  # fmt: skip


def evaluation_of(result: Result) -> Evaluation:
    """The curves that such a recipe gave, of one picture."""
    return Evaluation(result.arrays["insertion"][None], result.arrays["deletion"][None])


def check_recipe(
    card: Card, picture: str, method: str, asked: Mapping[str, Option] | None = None
) -> Recipe:
    """Whether maps of a method change with the weights, and stay under a little noise."""
    return _recipe(CHECK, card, method, asked, (picture,))


def truth_recipe(
    card: Card, method: str, scenes: int, asked: Mapping[str, Option] | None = None
) -> Recipe:
    """How a method fares on fresh scenes, where it is known what stands where."""
    return _recipe(TRUTH, card, method, asked, named={SCENES: scenes})


def truth_of(result: Result) -> saliency.Truth:
    """The figures that such a recipe gave, one a scene."""
    return saliency.Truth(**result.arrays)


def _recipe(
    task: Task,
    card: Card,
    method: str,
    asked: Mapping[str, Option] | None,
    inputs: tuple[str, ...] = (),
    layer: str = "",
    named: Mapping[str, Option] | None = None,
) -> Recipe:
    """All of the method's options are said, so that a changed default is another recipe."""
    predict.require_classes(card)
    own = saliency.find(method, asked or {}).options
    every: dict[str, Any] = {**own, **(asked or {}), **(named or {})}
    return Recipe(
        task.name, task.version, model=card.name, weights_id=weights_id(card), inputs=inputs,
        layer=layer, method=method, options=options(**every),
    )  # fmt: skip
