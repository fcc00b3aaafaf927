"""What networks cost on this machine."""

from collections.abc import Sequence
from typing import cast

import torch

from core import compare
from core.compare import Costs
from core.recipes import Input, Recipe, Result, Task, options
from core.steps import Steps
from core.zoo import Card, Model, device, weights_id


def _steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    found = yield from compare.costs_steps(cast(Model, m))
    record = {
        "parameters": found.parameters,
        "multiply_adds": found.multiply_adds,
        "memory": found.memory,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    return [Result({"seconds": found.seconds}, record)] * len(recipes)


COSTS = Task("costs", version=1, steps=_steps, cost=2.0)


def costs_recipe(card: Card, on: str = "auto") -> Recipe:
    """What a network costs: parameters, multiply-adds, seconds and memory for a picture.

    The machine is part of the recipe: what another one took says nothing of this one.

    Args:
        card: The model's.
        on: The device, as `ZOOSCOPE_DEVICE` names it.

    Raises:
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    return Recipe(
        COSTS.name, COSTS.version, model=card.name, weights_id=weights_id(card),
        options=options(machine=compare.machine(device(on))),
    )  # fmt: skip


def costs_of(result: Result) -> Costs:
    """The figures that such a recipe gave."""
    record = result.record
    return Costs(
        record["parameters"], record["multiply_adds"], result.arrays["seconds"], record["memory"]
    )
