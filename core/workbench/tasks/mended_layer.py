"""The last layer of a network with shortcuts, learned again on balanced scenes."""

from core import interventions
from core.interventions import MendedLayer, Verdict
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


def mended_layer_recipe(card: Card, verdict: Recipe[Verdict]) -> Recipe[MendedLayer]:
    """Recipe of a network's mended last layer.

    Args:
        card: The network's card.
        verdict: The verdict on it, which names the classes with shortcuts.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    return MENDED_LAYER.recipe(card, [verdict])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    shortcuts = call.each(Verdict)[0].shortcuts
    classes = sorted({each.suspicion.class_ for each in shortcuts})
    mended = yield from interventions.mend_steps(call.model, classes)
    record = {"name": mended.name, "scenes": mended.scenes}
    return [StoredResult({"weight": mended.weight, "bias": mended.bias}, record)]


def _read(stored: StoredResult) -> MendedLayer:
    return MendedLayer(
        stored.record["name"], stored.arrays["weight"], stored.arrays["bias"],
        stored.record["scenes"],
    )  # fmt: skip


MENDED_LAYER = Task("mended layer", version=1, compute=_compute, read=_read, cost=8.0, batch=1)
