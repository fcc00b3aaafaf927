"""List a network's layers as a person would, with shapes and depths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from torch import nn

from core.blocks import find_blocks
from core.layers import LOGITS, Layer, is_spatial
from core.zoo import Card, Model

# Depth at which the page Neurons opens: parts, neither edges nor whole objects.
OPENING_DEPTH = 0.65
# Modules of torch and timm that only compute an activation function.
ACTIVATION_FUNCTIONS = frozenset(
    {
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "CELU", "SELU", "GELU", "GELUTanh",
        "QuickGELU", "SiLU", "Swish", "Mish", "Hardswish", "HardSwish", "HardSwishMe", "HardMish",
        "Tanh", "Softplus",
    }
)  # fmt: skip


@dataclass(frozen=True)
class LayerInfo:
    """A layer and its place in the network.

    Attributes:
        name: Dotted name, as in `m.layers`.
        kind: The module's class name.
        shape: Shape of one picture's activation, channels first.
        depth: Share of the network's convolutions and linear layers that are computed up to and
            including this layer, 0 to 1.
        main: Whether a person would list it: a block, or a single layer between blocks.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    depth: float
    main: bool

    @property
    def is_spatial(self) -> bool:
        """Whether the layer's units have positions in the picture."""
        return is_spatial(self.shape)

    def spaced_channels(self, count: int) -> list[int]:
        """Return the indices of `count` channels that are evenly spaced over all channels."""
        return [index * self.shape[0] // count for index in range(count)]


def classes_layer(card: Card) -> LayerInfo:
    """Return the network's classes as if they were its last layer."""
    return LayerInfo(LOGITS, "classes", (len(card.labels),), depth=1.0, main=True)


def nearest_layer(layers: Sequence[LayerInfo], depth: float = OPENING_DEPTH) -> LayerInfo:
    """Return the layer that is nearest to a depth, 0 to 1; the earlier one of two."""
    return min(layers, key=lambda layer: abs(layer.depth - depth))


def list_layers(m: Model) -> list[LayerInfo]:
    """List all layers of a network in the order of computation."""
    blocks = find_blocks(m.net)
    depths = _depths(m.layers, m.net)
    return [
        LayerInfo(layer.name, layer.kind, layer.shape, depths[layer.name], layer.module in blocks)
        for layer in m.layers.values()
    ]


def _depths(layers: Mapping[str, Layer], net: nn.Module) -> dict[str, float]:
    """Return each layer's depth: the share of convolutions and linear layers computed so far."""
    has_weights = [isinstance(net.get_submodule(layer.module), nn.Conv2d | nn.Linear)
                   for layer in layers.values()]  # fmt: skip
    total = max(1, sum(has_weights))
    counts = accumulate(has_weights)
    return {name: count / total for name, count in zip(layers, counts, strict=True)}
