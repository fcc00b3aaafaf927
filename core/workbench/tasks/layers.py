"""The layers of a network, their receptive fields, and its first filters."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core import dissect
from core.dissect import NoFilters
from core.layer_info import LayerInfo, list_layers
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


@dataclass(frozen=True)
class NetworkLayers:
    """The layers of a network.

    Attributes:
        layers: All layers in the order of computation.
        receptive_fields: Side of the effective receptive field in pixels, by name of a main layer.
        filters: The first layer's filters as pictures, (n, h, w, 3); None if it has none.
        no_filters: The reason why there are no filters; empty otherwise.
    """

    layers: tuple[LayerInfo, ...]
    receptive_fields: Mapping[str, float]
    filters: np.ndarray | None
    no_filters: str

    @property
    def main(self) -> list[LayerInfo]:
        """The main layers whose activations have channels and positions, (c, h, w), in order."""
        return [layer for layer in self.layers if layer.main and len(layer.shape) == 3]

    def find(self, name: str) -> LayerInfo:
        """Return the layer of this name.

        Raises:
            KeyError: There is no such layer.
        """
        return {layer.name: layer for layer in self.layers}[name]


def layers_recipe(card: Card) -> Recipe[NetworkLayers]:
    """Recipe of the layers of a network.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return LAYERS.recipe(card)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    yield Progress(0, 1, note="listing layers")
    layers = list_layers(call.model)
    main = [layer.name for layer in layers if layer.main]
    fields = yield from dissect.receptive_fields_steps(call.model, main)
    record: dict[str, Any] = {
        "layers": [asdict(layer) for layer in layers],
        "receptive_fields": fields,
        "no_filters": "",
    }
    arrays: dict[str, np.ndarray] = {}
    try:
        arrays["filters"] = dissect.first_filters(call.model)
    except NoFilters as error:
        record["no_filters"] = str(error)
    return [StoredResult(arrays, record)] * len(call.recipes)


def _read(stored: StoredResult) -> NetworkLayers:
    layers = [
        LayerInfo(**{**layer, "shape": tuple(layer["shape"])}) for layer in stored.record["layers"]
    ]
    return NetworkLayers(
        tuple(layers),
        stored.record["receptive_fields"],
        stored.arrays.get("filters"),
        stored.record["no_filters"],
    )


LAYERS = Task("layers", version=1, compute=_compute, read=_read, cost=0.5)
