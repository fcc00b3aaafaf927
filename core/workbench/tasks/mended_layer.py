"""The last layer of a network with shortcuts, learned again and tested again."""

from dataclasses import dataclass

from core import interventions
from core.interventions import MendedLayer, Verdict
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


@dataclass(frozen=True)
class MendedNetwork:
    """A mended last layer, and what it has gained.

    Attributes:
        layer: The layer.
        after: For each shortcut of the verdict, in order: the mean probability of its class in the
            test's scenes with the level, and in those without it, 0 to 1.
    """

    layer: MendedLayer
    after: tuple[tuple[float, float], ...]


def mended_layer_recipe(card: Card, verdict: Recipe[Verdict]) -> Recipe[MendedNetwork]:
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
    after = yield from interventions.retest_steps(call.model, mended, shortcuts)
    record = {"name": mended.name, "scenes": mended.scenes, "after": [*map(list, after)]}
    return [StoredResult({"weight": mended.weight, "bias": mended.bias}, record)]


def _read(stored: StoredResult) -> MendedNetwork:
    layer = MendedLayer(
        stored.record["name"], stored.arrays["weight"], stored.arrays["bias"],
        stored.record["scenes"],
    )  # fmt: skip
    after = ((float(high), float(low)) for high, low in stored.record["after"])
    return MendedNetwork(layer, tuple(after))


MENDED_LAYER = Task("mended layer", version=2, compute=_compute, read=_read, cost=8.0, batch=1)
