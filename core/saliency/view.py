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
from core.zoo.precision import FLOAT32, running_in


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
        precision: Number format of the forward passes of `scores` and `activations`.
    """

    m: Model
    x: Float[Tensor, "n 3 h w"]
    target: Float[Tensor, "n classes"]
    layer: str
    generators: tuple[torch.Generator, ...]
    precision: str = FLOAT32

    def scores(
        self, x: Float[Tensor, "m 3 h w"], indices: Int[Tensor, " m"]
    ) -> Float[Tensor, " m"]:
        """Compute the scores of changed pictures, without gradients.

        Args:
            x: The changed pictures.
            indices: For each of them, the index of the picture in the view that it was made from.
        """

        def compute(x: Tensor, indices: Tensor) -> Tensor:
            return self._weight_logits(net(_to_channels_last(x)), indices)

        quick = running_in(self.precision, self.m.device)
        with self.m.borrow() as net, torch.no_grad(), quick:
            return self.m.in_batches(compute, x, indices)

    def gradient(
        self, x: Float[Tensor, "m 3 h w"], indices: Int[Tensor, " m"]
    ) -> Float[Tensor, "m 3 h w"]:
        """Compute the gradient of each score with respect to its changed picture.

        Args:
            x: The changed pictures.
            indices: For each of them, the index of the picture in the view that it was made from.
        """

        def compute(x: Tensor, indices: Tensor) -> Tensor:
            leaf = _to_channels_last(x).detach().requires_grad_(True)
            scores = self._weight_logits(net(leaf), indices)
            return torch.autograd.grad(scores.sum(), leaf)[0]

        with self.m.borrow(backward=True) as net:
            return self.m.in_batches(compute, x, indices)

    def activations(self, names: list[str]) -> dict[str, Tensor]:
        """Return the activations of layers, each (n, c, y, x), without gradients.

        Args:
            names: The layers.

        Raises:
            UnknownLayer: The network has no such layer, or the layer has no spatial positions.
        """
        layers = self._find_layers(names)

        def compute(x: Tensor) -> dict[str, Tensor]:
            probe.run(_to_channels_last(x))
            return {name: _at_least_float32(probe.activations[name]) for name in names}

        quick = running_in(self.precision, self.m.device)
        with self.m.borrow() as net, torch.no_grad(), quick, Probe(net, layers) as probe:
            return self.m.in_batches(compute, self.x)

    def activations_and_gradients(self, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
        """Return the activations of layers, and the gradients of the scores with respect to them.

        Args:
            names: The layers.

        Returns:
            By layer name, activation and gradient of all pictures, each (n, c, y, x).

        Raises:
            UnknownLayer: The network has no such layer, the layer has no spatial positions, or the
                scores do not depend on it.
        """
        layers = self._find_layers(names)

        def compute(x: Tensor, indices: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
            leaf = _to_channels_last(x).detach().requires_grad_(True)
            scores = self._weight_logits(probe.run(leaf), indices)
            return self._pair_with_gradients(scores, probe.activations)

        with self.m.borrow(backward=True) as net, Probe(net, layers, stop=False) as probe:
            return self.m.in_batches(compute, self.x, torch.arange(len(self.x)))

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

    def _find_layers(self, names: list[str]) -> list[Layer]:
        """Return the layers of these names, which must have spatial positions."""
        layers = find_layers(self.m.layers, names)
        for layer in layers:
            require_positions(layer)
        return layers

    def _pair_with_gradients(
        self, scores: Float[Tensor, " m"], activations: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Return each activation with the gradient of the scores with respect to it."""
        depending = {name: each for name, each in activations.items() if each.requires_grad}
        gradients = torch.autograd.grad(scores.sum(), list(depending.values()), allow_unused=True)
        found = dict(zip(depending, gradients, strict=True))
        pairs = {}
        for name, activation in activations.items():
            gradient = found.get(name)
            if gradient is None:
                raise _unused_layer(self.m, name)
            pairs[name] = activation.detach(), gradient
        return pairs

    def _weight_logits(self, logits: Tensor, indices: Tensor) -> Tensor:
        """Return the score of each row of logits: their sum, weighted by the target."""
        logits = _at_least_float32(logits)
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
    """Return the last layer with spatial positions on which the scores depend.

    It is the default layer of class activation maps.
    This is not timm's `feature_info[-1]`: in a quarter of the networks a convolution or a norm
    follows that layer.

    Raises:
        UnknownLayer: The network has no layer with spatial positions.
    """
    if not m.stage_ends:
        raise UnknownLayer(
            f"{m.name} has no layer with spatial positions; choose a method that needs no layer."
        )
    return m.stage_ends[-1]


def _unused_layer(m: Model, name: str) -> UnknownLayer:
    return UnknownLayer(
        f"The class scores of {m.name} do not depend on the layer {name!r}; choose another one, for"
        f" example {last_layer(m)!r}."
    )


def _at_least_float32(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _to_channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
