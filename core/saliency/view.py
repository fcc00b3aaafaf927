"""The input of every saliency method: a network, preprocessed pictures and the score to explain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from core.layers import Layer, UnknownLayer, find_layers
from core.probe import Probe
from core.zoo import Model


@dataclass(frozen=True)
class Maps:
    """The result of a saliency method.

    Attributes:
        values: One saliency map per picture, on the input grid, not normalised.
        notes: Further numbers by name, one per picture, such as a map's numerical error.
    """

    values: Float[Tensor, "n h w"]
    notes: Mapping[str, Float[Tensor, " n"]] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """A batch of preprocessed pictures, the network that sees them, and the score to explain.

    Attributes:
        m: The network.
        x: The pictures, preprocessed and normalised for the network.
        target: Weight of each class's logit in a picture's score: 1 for the class to explain, -1
            for a class to contrast it with, 0 for all others.
        layer: Name of the layer, for methods that use the activations of one layer.
        generators: The random number generator of each picture.
    """

    m: Model
    x: Float[Tensor, "n 3 h w"]
    target: Float[Tensor, "n classes"]
    layer: str
    generators: tuple[torch.Generator, ...]

    def scores(
        self, x: Float[Tensor, "m 3 h w"], indices: Int[Tensor, " m"]
    ) -> Float[Tensor, " m"]:
        """Compute the scores of changed pictures, without gradients.

        Args:
            x: The changed pictures.
            indices: For each of them, the index of the picture in the view that it was made from.
        """
        with self.m.borrow() as net, torch.no_grad():
            return self._weight_logits(net(_to_channels_last(x)), indices)

    def gradient(
        self, x: Float[Tensor, "m 3 h w"], indices: Int[Tensor, " m"]
    ) -> Float[Tensor, "m 3 h w"]:
        """Compute the gradient of each score with respect to its changed picture.

        Args:
            x: The changed pictures.
            indices: For each of them, the index of the picture in the view that it was made from.
        """
        leaf = _to_channels_last(x).detach().requires_grad_(True)
        with self.m.borrow(backward=True) as net:
            scores = self._weight_logits(net(leaf), indices)
            return torch.autograd.grad(scores.sum(), leaf)[0]

    def activations_and_gradients(self, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
        """Return the activations of layers, and the gradients of the scores with respect to them.

        Args:
            names: The layers.

        Returns:
            By layer name, activation and gradient of all pictures, each (n, c, y, x).

        Raises:
            UnknownLayer: The network has no such layer, or the layer has no spatial positions.
        """
        layers = find_layers(self.m.layers, names)
        for layer in layers:
            require_positions(layer)
        leaf = _to_channels_last(self.x).detach().requires_grad_(True)
        with self.m.borrow(backward=True) as net, Probe(net, layers, stop=False) as probe:
            scores = self._weight_logits(probe.run(leaf), torch.arange(len(leaf)))
            activations = [probe.activations[name] for name in names]
            gradients = torch.autograd.grad(scores.sum(), activations)
        pairs = zip(activations, gradients, strict=True)
        return {
            name: (activation.detach(), gradient)
            for name, (activation, gradient) in zip(names, pairs, strict=True)
        }

    def repeat_batches(self, count: int) -> Iterator[Int[Tensor, " m"]]:
        """Yield index batches that repeat each picture `count` times in a row.

        A batch has as many indices as the network processes most efficiently at once.
        """
        yield from torch.arange(len(self.x)).repeat_interleave(count).split(self.m.batch_size)

    def count_batches(self, count: int) -> int:
        """Return how many batches `repeat_batches` yields."""
        return -(-len(self.x) * count // self.m.batch_size)

    def resize_to_input(self, maps: Float[Tensor, "n y x"]) -> Float[Tensor, "n h w"]:
        """Resize maps of a layer's height and width to the input grid (bilinear)."""
        size = self.x.shape[-2:]
        return functional.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[
            :, 0
        ]

    def _weight_logits(self, logits: Tensor, indices: Tensor) -> Tensor:
        """Return the score of each row of logits: their sum, weighted by the target."""
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return (logits * self.target.to(logits)[indices]).sum(1)


def require_positions(layer: Layer) -> None:
    """Raise an error for a layer whose activations have no height and width.

    Raises:
        UnknownLayer: The layer has no spatial positions.
    """
    if len(layer.shape) != 3:
        raise UnknownLayer(
            f"The layer {layer.name!r} has no spatial positions; choose a layer before the pooling."
        )


def last_layer(m: Model) -> str:
    """Return the last layer with spatial positions: the default layer of class activation maps.

    This is not timm's `feature_info[-1]`: in a quarter of the networks a convolution or a norm
    follows that layer.

    Raises:
        UnknownLayer: The network has no layer with spatial positions.
    """
    if not m.spatial_layers:
        raise UnknownLayer(
            f"{m.name} has no layer with spatial positions; choose a method that needs no layer."
        )
    return m.spatial_layers[-1]


def _to_channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
