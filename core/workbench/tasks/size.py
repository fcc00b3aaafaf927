"""The size of a network as it is loaded."""

from core.compare import NetworkSize, network_size
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.zoo import Card


def size_recipe(card: Card) -> Recipe[NetworkSize]:
    """Recipe of a network's parameters and multiply-adds, with its own head and input size.

    These are the figures to show for a network whose weights are on this machine: pages that ask
    for this recipe, and `costs_recipe`, state the same ones. The figures of the catalog and of
    `Card.facts` are for timm's default head and input size.

    Args:
        card: The network's card.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return SIZE.recipe(card)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    size = network_size(call.model)
    record = {"parameters": size.parameters, "multiply_adds": size.multiply_adds}
    return one_by_one(call, lambda index: StoredResult({}, record))


def _read(stored: StoredResult) -> NetworkSize:
    return NetworkSize(stored.record["parameters"], stored.record["multiply_adds"])


SIZE = Task("size", version=1, compute=_compute, read=_read, cost=0.1)
