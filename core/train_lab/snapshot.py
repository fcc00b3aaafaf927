"""Snapshots of a network while it is trained: first filters, feature maps, and an answer."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from core.train_lab.reports import Tiles, tiles
from core.train_lab.trainer import probabilities

MAX_FILTERS, MAX_MAPS = 16, 8
# Feature maps are sent to the browser ten times a second: larger ones are made smaller.
MAX_MAP_SIDE = 24
# How many layers' feature maps are shown: spread from the first convolution to the last.
SHOWN_LAYERS = 3


@dataclass(frozen=True)
class Snapshot:
    """What a network looks like at a step.

    Attributes:
        probabilities: Class probabilities of the watched picture.
        filters: Filters of the first convolution, each scaled to the full range of colours.
        maps: Feature maps of the watched picture in a few layers, each scaled to 0 to 255.
    """

    probabilities: tuple[float, ...]
    filters: Tiles
    maps: tuple[Tiles, ...]


class Snapshots:
    """Takes snapshots of a network.

    Args:
        net: The network.
        picture: The watched picture, (3, h, w), uint8.

    Attributes:
        names: Names of the layers whose feature maps a snapshot has.
    """

    def __init__(self, net: nn.Module, picture: UInt8[Tensor, "3 h w"]):
        self._net = net
        self._picture = picture
        named = net.named_modules()
        convolutions = {name: each for name, each in named if isinstance(each, nn.Conv2d)}
        self._first = next(iter(convolutions.values()))
        convolutions = _with_positions(net, convolutions, picture)
        places = np.linspace(0, len(convolutions) - 1, SHOWN_LAYERS).round().astype(int)
        self.names = tuple(np.array(list(convolutions))[np.unique(places)].tolist())
        self._shown = [convolutions[name] for name in self.names]

    def take(self) -> Snapshot:
        """Return the present state; the network is left in eval mode."""
        activations: list[Tensor] = []
        hooks = [
            layer.register_forward_hook(lambda _module, _input, output: activations.append(output))
            for layer in self._shown
        ]
        try:
            answer = probabilities(self._net, self._picture)
        finally:
            for hook in hooks:
                hook.remove()
        return Snapshot(
            tuple(answer.tolist()),
            tiles(filter_pictures(self._first.weight.detach())),
            tuple(tiles(_maps(activation[0])) for activation in activations),
        )


def _with_positions(
    net: nn.Module, convolutions: dict[str, nn.Conv2d], picture: UInt8[Tensor, "3 h w"]
) -> dict[str, nn.Conv2d]:
    """Return the convolutions that are computed and whose maps have several positions.

    Gates that weight channels have convolutions with a single position.
    """
    found: dict[str, nn.Conv2d] = {}

    def note(name: str, layer: nn.Conv2d, output: Tensor) -> None:
        if output.shape[-1] > 1:
            found[name] = layer

    hooks = [
        layer.register_forward_hook(
            lambda module, _input, output, name=name: note(name, module, output)
        )
        for name, layer in convolutions.items()
    ]
    try:
        probabilities(net, picture)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def filter_pictures(
    weights: Float[Tensor, "filters channels y x"],
) -> UInt8[np.ndarray, "n h w c"]:
    """Scale filters so that 0 is mid-grey, each to the full range."""
    shown = weights[:MAX_FILTERS] if weights.shape[1] == 3 else weights[:MAX_FILTERS, :1]
    largest = shown.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    return _as_bytes(shown / largest / 2 + 0.5).permute(0, 2, 3, 1).numpy()


def _maps(activation: Float[Tensor, "channels y x"]) -> UInt8[np.ndarray, "n h w 1"]:
    """Scale feature maps after ReLU, each to its own maximum, and make large ones smaller."""
    positive = activation[:MAX_MAPS].clamp(min=0)
    side = min(MAX_MAP_SIDE, positive.shape[-1])
    small = nn.functional.adaptive_avg_pool2d(positive, side)
    largest = small.amax((1, 2), keepdim=True).clamp(min=1e-12)
    return _as_bytes(small / largest)[..., None].numpy()


def _as_bytes(x: Tensor) -> Tensor:
    return (x.nan_to_num(0.5).clamp(0, 1) * 255).round().to(torch.uint8)
