"""Logits of pictures."""

from collections.abc import Sequence
from typing import cast

from PIL import Image

from core import predict
from core.recipes import Input, Recipe, Result, Task
from core.steps import Steps
from core.zoo import Card, Model, weights_id


def _scores_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    scores = yield from predict.scores_steps(
        cast(Model, m), [cast(Image.Image, picture) for (picture,) in inputs]
    )
    return [
        Result({"logits": logits}, {"seconds": float(seconds)})
        for logits, seconds in zip(scores.logits, scores.seconds, strict=True)
    ]


SCORES = Task("scores", version=1, steps=_scores_steps, cost=0.05, batch=16)


def scores_recipe(card: Card, picture: str) -> Recipe:
    """The logits of one picture.

    Raises:
        NoClassifier: The model gives no classes.
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    predict.require_classes(card)
    return Recipe(
        SCORES.name,
        SCORES.version,
        model=card.name,
        weights_id=weights_id(card),
        inputs=(picture,),
    )
