"""The logits of a picture with some units switched off."""

from collections.abc import Sequence

from core import dissect
from core.predict import Logits
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.zoo import Card


def ablation_recipe(card: Card, layer: str, units: Sequence[int], picture: str) -> Recipe[Logits]:
    """Recipe of the logits of a picture with some units of a layer set to 0.

    Args:
        card: The network's card.
        layer: Dotted name.
        units: Indices of the units.
        picture: The picture's id.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    names = ",".join(str(unit) for unit in sorted(set(units)))
    return ABLATION.recipe(card, [picture], layer, units=names)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    pictures = call.pictures()

    def logits_without(index: int) -> StoredResult:
        recipe = call.recipes[index]
        units = [int(unit) for unit in recipe.option("units", str).split(",")]
        logits = dissect.logits_without(call.model, [pictures[index]], {recipe.layer: units})
        return StoredResult({"logits": logits[0]})

    return (yield from one_by_one(call, logits_without))


def _read(stored: StoredResult) -> Logits:
    return stored.arrays["logits"]


ABLATION = Task("ablation", version=1, compute=_compute, read=_read, cost=0.1)
