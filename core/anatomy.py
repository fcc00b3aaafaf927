"""What a network is built of: its layers as a person would list them, with shapes and depths."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from core.probe import Layer
from core.visualize import LOGITS
from core.zoo import Card, Model

# Modules that only hold others; timm's stages have classes of their own, named so.
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
STAGE = "Stage"
# Modules of torch and timm that are an activation function and nothing else.
ACTIVATION_FUNCTIONS = frozenset(
    {
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "CELU", "SELU", "GELU", "GELUTanh",
        "QuickGELU", "SiLU", "Swish", "Mish", "Hardswish", "HardSwish", "HardSwishMe", "HardMish",
        "Tanh", "Softplus",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Organ:
    """A layer among those of its network.

    Attributes:
        name: Dotted, as the probe knows it.
        kind: The module's class name.
        shape: Of one picture's activation, channels first.
        depth: Share of the network's weighted layers that are computed up to here, 0 to 1.
        main: A block or a single layer between blocks: what a person would list.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    depth: float
    main: bool

    @property
    def has_positions(self) -> bool:
        """Its units have a place in the picture."""
        return len(self.shape) == 3 and self.shape[1] * self.shape[2] > 1

    def spread(self, count: int) -> list[int]:
        """So many of its channels, evenly spread over all."""
        return [index * self.shape[0] // count for index in range(count)]


def classes(card: Card) -> Organ:
    """The classes themselves as a last layer."""
    return Organ(LOGITS, "classes", (len(card.labels),), depth=1.0, main=True)


def anatomy(m: Model) -> list[Organ]:
    """All layers of a network in the order of computing."""
    blocks = _blocks(m.net)
    depths = _depths(m.layers, m.net)
    return [
        Organ(layer.name, layer.kind, layer.shape, depths[layer.name], layer.module in blocks)
        for layer in m.layers.values()
    ]


def _blocks(net: nn.Module) -> set[str]:
    """The topmost modules that are more than containers and compute something."""
    found = set()

    def visit(name: str, module: nn.Module) -> None:
        for child_name, child in module.named_children():
            path = f"{name}.{child_name}" if name else child_name
            if isinstance(child, CONTAINERS) or type(child).__name__.endswith(STAGE):
                visit(path, child)
            elif any(True for _ in child.parameters()):
                found.add(path)

    visit("", net)
    return found


def _depths(layers: Mapping[str, Layer], net: nn.Module) -> dict[str, float]:
    """The share of convolutions and linear layers that were computed when a layer is."""
    weighted = [isinstance(net.get_submodule(layer.module), nn.Conv2d | nn.Linear)
                for layer in layers.values()]  # fmt: skip
    total = max(1, sum(weighted))
    depths, seen = {}, 0
    for layer, counts in zip(layers.values(), weighted, strict=True):
        seen += counts
        depths[layer.name] = seen / total
    return depths
