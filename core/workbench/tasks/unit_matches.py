"""Pairs of units of two layers whose responses to the same pictures correlate."""

from core import compare
from core.compare import DifferentPictures, UnitPairs
from core.dissect import Responses
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one


def unit_matches_recipe(a: Recipe[Responses], b: Recipe[Responses]) -> Recipe[UnitPairs]:
    """Recipe of the pairs of units of two layers, matched by their strongest responses.

    Args:
        a: Responses of the first layer.
        b: Responses of the second layer, to the same pictures.

    Raises:
        DifferentPictures: The pictures differ.
    """
    if (a.inputs, a.options) != (b.inputs, b.options):
        raise DifferentPictures(
            "Units are matched by their responses to the same pictures; use one set for both"
            " layers."
        )
    return UNIT_MATCHES.recipe(inputs=[a, b])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    def match(index: int) -> StoredResult:
        a, b = call.inputs_of(index, Responses)
        pairs = compare.pair_units(a.peak, b.peak)
        return StoredResult({"units": pairs.units, "r": pairs.r})

    return (yield from one_by_one(call, match))


def _read(stored: StoredResult) -> UnitPairs:
    return UnitPairs(stored.arrays["units"], stored.arrays["r"])


UNIT_MATCHES = Task("unit matches", version=1, compute=_compute, read=_read, cost=0.3)
