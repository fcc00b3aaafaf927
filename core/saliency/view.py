"""What a saliency method is given: a network, pictures on its input grid, and what to explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from core import probe
from core.probe import Layer
from core.zoo import Model


@dataclass(frozen=True)
class Maps:
    """What a method found.

    Attributes:
        values: The maps on the input grid, raw.
        notes: Figures that belong to them, one a picture: how far they can be trusted, say.
    """

    values: Float[Tensor, "n h w"]
    notes: Mapping[str, Float[Tensor, " n"]] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """Pictures as a network sees them, and the score of each that is to be explained.

    Attributes:
        m: The network.
        x: The pictures, normalised as it takes them.
        target: Weight of each class's logit in a picture's score: 1 for the class in question,
            -1 for one it is contrasted with.
        layer: The layer that methods look at which look at one.
        dice: Each picture's random numbers.
    """

    m: Model
    x: Float[Tensor, "n 3 h w"]
    target: Float[Tensor, "n classes"]
    layer: str
    dice: tuple[torch.Generator, ...]

    def scores(self, x: Float[Tensor, "m 3 h w"], rows: Int[Tensor, " m"]) -> Float[Tensor, " m"]:
        """The score of changed pictures; `rows` says which picture each one was."""
        with self.m.borrow() as net, torch.no_grad():
            return self._scored(net(_laid_out(x)), rows)

    def gradient(
        self, x: Float[Tensor, "m 3 h w"], rows: Int[Tensor, " m"]
    ) -> Float[Tensor, "m 3 h w"]:
        """The score's gradient at changed pictures."""
        at = _laid_out(x).detach().requires_grad_(True)
        with self.m.borrow(backward=True) as net:
            scores = self._scored(net(at), rows)
            return torch.autograd.grad(scores.sum(), at)[0]

    def at_layers(self, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
        """Activations of layers for all pictures, (n, c, h, w), and the score's gradients there."""
        layers = probe.find(self.m.layers, names)
        for layer in layers:
            require_positions(layer)
        at = _laid_out(self.x).detach().requires_grad_(True)
        with self.m.borrow(backward=True) as net, probe.Probe(net, layers, stop=False) as reading:
            scores = self._scored(reading.run(at), torch.arange(len(at)))
            activations = [reading.activations[name] for name in names]
            gradients = torch.autograd.grad(scores.sum(), activations)
        pairs = zip(activations, gradients, strict=True)
        return {name: (a.detach(), g) for name, (a, g) in zip(names, pairs, strict=True)}

    def copies(self, count: int) -> Iterator[Int[Tensor, " m"]]:
        """Numbers of pictures, each so many times in a row, as many at once as go together best."""
        yield from torch.arange(len(self.x)).repeat_interleave(count).split(self.m.at_once)

    def batches(self, count: int) -> int:
        """How many times `copies` yields."""
        return -(-len(self.x) * count // self.m.at_once)

    def enlarged(self, maps: Float[Tensor, "n y x"]) -> Float[Tensor, "n h w"]:
        """Maps of a layer's size on the input grid."""
        size = self.x.shape[-2:]
        return functional.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[
            :, 0
        ]

    def _scored(self, logits: Tensor, rows: Tensor) -> Tensor:
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return (logits * self.target.to(logits)[rows]).sum(1)


def require_positions(layer: Layer) -> None:
    """Refuse a layer that has no places to point at.

    Raises:
        UnknownLayer: It has none.
    """
    if len(layer.shape) != 3:
        raise probe.UnknownLayer(
            f"{layer.name} has no positions; choose a layer before the pooling."
        )


def last_layer(m: Model) -> str:
    """The last layer with positions, which class activation maps look at where none is chosen.

    Not timm's `feature_info[-1]`: a quarter of the networks has a convolution or a norm after it.

    Raises:
        UnknownLayer: The network has no such layer.
    """
    if not m.layers_with_positions:
        raise probe.UnknownLayer(f"{m.name} has no layer with positions.")
    return m.layers_with_positions[-1]


def _laid_out(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
