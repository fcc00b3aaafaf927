"""The layers of a network: names, shapes, and what the axes of their activations mean.

A layer is a tensor that a module of timm's network returns, under the module's dotted name. A
module that returns several tensors in one forward pass (hrnet's stages return lists, some modules
run twice) has one layer for each: `stage2[0]`, `stage2[1]`. `core.layer_tracing` finds them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isqrt

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import ZooscopeError, suggest_names

# Names for what no module of a network returns: its output, and the input picture itself.
LOGITS, PIXELS = "logits", "pixels"


class UnknownLayer(ZooscopeError):
    """The network has no such layer, or none that can be used so; the message names others."""


@dataclass(frozen=True)
class Layer:
    """A layer of a network, found in a forward pass.

    Attributes:
        name: Dotted name in timm's network, with [k] where the module returns several tensors.
        module: The name without [k].
        index: k, in the order in which the module returns the tensors.
        kind: The module's class name.
        shape: Shape of one picture's activation, channels first: (c, h, w) for a layer with
            positions, otherwise (c,), (c, k) or (c, 1, 1).
        channel_axis: Axis of the channels in what the module itself returns; the batch is axis 0.
        is_tokens: Whether the module returns the positions as tokens, in a single axis.
        prefix_tokens: Number of tokens before those of the positions, such as the class token.
    """

    name: str
    module: str
    index: int
    kind: str
    shape: tuple[int, ...]
    channel_axis: int
    is_tokens: bool = False
    prefix_tokens: int = 0

    @property
    def is_spatial(self) -> bool:
        """Whether the layer's units have several positions in the picture."""
        return is_spatial(self.shape)

    def read(self, tensor: Tensor) -> Float[Tensor, "n c *rest"]:
        """Return what the module returned, channels first, with the axes of `shape`.

        Tokens become a grid of height and width without the prefix tokens. The result shares the
        memory of `tensor` where possible.

        Raises:
            UnknownLayer: The tokens of a picture of another size form no grid.
        """
        moved = tensor.movedim(self.channel_axis, 1)
        if self.is_tokens:
            tokens = moved[:, :, self.prefix_tokens :]
            return tokens.unflatten(2, self._grid(tokens.shape[2]))
        return moved.flatten(2) if len(self.shape) == 2 else moved

    def write(self, activation: Float[Tensor, "n c *rest"], tensor: Tensor) -> Tensor:
        """Return what the module would have returned with this activation: the inverse of `read`.

        Args:
            activation: The activation, as `read` returns it.
            tensor: What the module returned; it has the prefix tokens.
        """
        moved = tensor.movedim(self.channel_axis, 1)
        if self.is_tokens:
            prefix = moved[:, :, : self.prefix_tokens]
            activation = torch.cat([prefix, activation.flatten(2)], dim=2)
        elif len(self.shape) == 2:
            activation = activation.reshape(moved.shape)
        return activation.movedim(1, self.channel_axis)

    def _grid(self, tokens: int) -> tuple[int, int]:
        """Return height and width of the grid of that many tokens."""
        _, height, width = self.shape
        if tokens == height * width:
            return height, width
        side = isqrt(tokens)  # a picture of another size is square, like every canvas
        if side * side != tokens:
            raise UnknownLayer(
                f"The {tokens} tokens of the layer {self.name!r} form no grid for a picture of this"
                " size; use the network's own input size."
            )
        return side, side


def is_spatial(shape: tuple[int, ...]) -> bool:
    """Return whether activations of this shape, channels first, have several positions.

    `core.layer_tracing` gives three axes to feature maps only, and to maps of a single position.
    """
    return len(shape) == 3 and shape[1] * shape[2] > 1


def find_layers(layers: Mapping[str, Layer], names: Iterable[str]) -> list[Layer]:
    """Return the layers of these names.

    Raises:
        UnknownLayer: A name is not among `layers`; the message has the nearest names.
    """
    for name in names:
        if name not in layers:
            raise UnknownLayer(f"There is no layer {name!r}.{suggest_names(name, layers)}")
    return [layers[name] for name in names]
