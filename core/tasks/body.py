"""What a network is built of: layers, receptive fields, first filters."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from core import dissect
from core.anatomy import Organ, anatomy
from core.dissect import NoFilters
from core.recipes import Input, Recipe, Result, Task
from core.steps import Progress, Steps
from core.zoo import Card, Model, weights_id


def _steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m = cast(Model, m)
    yield Progress(0, 2, note="listing layers")
    organs = anatomy(m)
    yield Progress(1, 2, note="measuring receptive fields")
    main = [organ.name for organ in organs if organ.main]
    record: dict[str, Any] = {
        "organs": [asdict(organ) for organ in organs],
        "fields": dissect.receptive_fields(m, main),
    }
    arrays: dict[str, np.ndarray] = {}
    try:
        arrays["filters"] = dissect.first_filters(m)
    except NoFilters as error:
        record["no_filters"] = str(error)
    return [Result(arrays, record)] * len(recipes)


BODY = Task("body", version=1, steps=_steps, cost=0.5)


def body_recipe(card: Card) -> Recipe:
    """The layers of a model, with the receptive fields of the main ones, and its first filters.

    Raises:
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    return Recipe(BODY.name, BODY.version, model=card.name, weights_id=weights_id(card))


def organs_of(result: Result) -> list[Organ]:
    """The layers that a body recipe gave."""
    return [Organ(**{**facts, "shape": tuple(facts["shape"])}) for facts in result.record["organs"]]
