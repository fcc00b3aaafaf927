"""The cost of a network on this machine."""

import torch

from core import compare
from core.compare import Costs
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card, device


def costs_recipe(card: Card, device_name: str = "auto") -> Recipe[Costs]:
    """Recipe of a network's parameters, multiply-adds, seconds and memory for a picture.

    The machine is part of the recipe, since times differ between machines.

    Args:
        card: The network's card.
        device_name: The device, as in `ZOOSCOPE_DEVICE`.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return COSTS.recipe(card, machine=compare.machine_name(device(device_name)))


def _compute(call: Call) -> Steps[list[StoredResult]]:
    costs = yield from compare.measure_costs_steps(call.model)
    record = {
        "parameters": costs.parameters,
        "multiply_adds": costs.multiply_adds,
        "memory": costs.memory,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    return [StoredResult({"seconds": costs.seconds}, record)] * len(call.recipes)


def _read(stored: StoredResult) -> Costs:
    record = stored.record
    return Costs(
        record["parameters"], record["multiply_adds"], stored.arrays["seconds"], record["memory"]
    )


COSTS = Task("costs", version=1, compute=_compute, read=_read, cost=2.0)
