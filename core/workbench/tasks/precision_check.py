"""How well the maps of a saliency method in bfloat16 agree with those in float32."""

from dataclasses import replace
from typing import Any

from core import saliency
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card
from core.zoo.precision import BFLOAT16


def bfloat16_agreement_recipe(card: Card, method: str) -> Recipe[float]:
    """Recipe of the rank correlation of a method's maps in both formats, for this network.

    Maps in bfloat16 have it as an input, so that it is computed once, when the first of them is,
    and then kept in the store.

    Args:
        card: The network's card.
        method: A key of `saliency.methods()` whose method is `forward_only`.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    described = saliency.find(method, {})
    options: dict[str, Any] = {**described.options, "method_version": described.version}
    recipe = PRECISION_CHECK.recipe(card, method=method, **options)
    return replace(recipe, precision=BFLOAT16)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    agreement = yield from saliency.bfloat16_agreement_steps(call.model, call.recipes[0].method)
    return [StoredResult({}, {"agreement": agreement})] * len(call.recipes)


def _read(stored: StoredResult) -> float:
    return float(stored.record["agreement"])


PRECISION_CHECK = Task("precision check", version=1, compute=_compute, read=_read, cost=10.0,
                       batch=1)  # fmt: skip
