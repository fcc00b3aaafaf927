"""Terms of objectives: each computes a score from the activation of one layer."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from core.errors import ZooscopeError
from core.layers import LOGITS

# The border of a map is 1/16 of its side.
BORDER_SHARE = 16
# Weight of the squares of negative values in the score of a linear channel.
NEGATIVE_WEIGHT = 0.1


class NoSuchUnit(ZooscopeError):
    """The layer has no such channel or position; the message has the valid range."""


@dataclass(frozen=True)
class Term(ABC):
    """A quantity of one layer to maximise.

    Attributes:
        layer: Dotted name, or LOGITS.
    """

    layer: str

    @abstractmethod
    def score(self, activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, " n"]:
        """Compute the score of each picture from the layer's activation."""

    def on_grid_of(self, shape: tuple[int, ...]) -> "Term":
        """Return the term for a layer of this shape (channels first) at the network's input size.

        Only terms with a position change: a canvas smaller than the input has a smaller grid.
        """
        return self

    def check(self, shape: tuple[int, ...]) -> None:  # noqa: B027 - most terms need no check
        """Raise an error if a layer of this shape (channels first) lacks the channel or position.

        Raises:
            NoSuchUnit: The channel or position is out of range.
        """


@dataclass(frozen=True)
class Channel(Term):
    """Mean of a channel over all positions but the border; of the logits, the logit of a class.

    At the border a unit also responds to the zero padding; counting it would draw a frame.
    """

    index: int

    @override
    def score(self, activation: Tensor) -> Tensor:
        return _without_border(activation[:, self.index]).reshape(len(activation), -1).mean(1)

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        if not 0 <= self.index < shape[0]:
            kind = "class" if self.layer == LOGITS else "channel"
            raise NoSuchUnit(
                f"There is no {kind} {self.index} in {self.layer}; choose a number from 0 to"
                f" {shape[0] - 1}."
            )


@dataclass(frozen=True)
class LinearChannel(Channel):
    """Mean signed square of a channel that is linear in the input.

    The mean of such a channel over positions depends only on the mean colour of the picture: the
    responses to the filter's own pattern change sign with its phase and cancel out. The mean square
    does not cancel. Negative values count against the score with a small weight, so that the
    pattern fills the whole picture.

    Attributes:
        baseline: The channel's response to the mean colour; subtracted first.
        sign: 1 to maximise responses above the baseline, -1 to maximise those below it. The score
            has the same sign, so that a term of negative weight keeps its meaning.
    """

    baseline: float = 0.0
    sign: int = 1

    @override
    def score(self, activation: Tensor) -> Tensor:
        response = self.sign * (_without_border(activation[:, self.index]) - self.baseline)
        weighted = torch.where(response > 0, response, NEGATIVE_WEIGHT * response) * response.abs()
        return self.sign * weighted.reshape(len(response), -1).mean(1)


@dataclass(frozen=True)
class Neuron(Channel):
    """A channel at one position; where `y` or `x` is None, at the middle, whatever the size.

    Attributes:
        y: Row on the grid.
        x: Column on the grid.
        grid: Height and width of the layer's grid at the network's input size. An activation with
            another grid is interpolated at the same place. None: the activation's own grid.
    """

    y: int | None = None
    x: int | None = None
    grid: tuple[int, int] | None = None

    @override
    def score(self, activation: Tensor) -> Tensor:
        height, width = activation.shape[-2:]
        grid_height, grid_width = self.grid or (height, width)
        maps = _interpolate(activation[:, self.index], 1, _rescale(self.y, grid_height, height))
        return _interpolate(maps, 1, _rescale(self.x, grid_width, width))

    @override
    def on_grid_of(self, shape: tuple[int, ...]) -> "Neuron":
        return replace(self, grid=(shape[1], shape[2]))

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        super().check(shape)
        if len(shape) != 3:
            raise NoSuchUnit(f"{self.layer} has no positions; use a channel instead of a neuron.")
        for name, value, size in (("y", self.y, shape[1]), ("x", self.x, shape[2])):
            if value is not None and not 0 <= value < size:
                raise NoSuchUnit(
                    f"{name} is {value}; for {self.layer}, choose a number from 0 to {size - 1}."
                )


@dataclass(frozen=True, eq=False)
class Direction(Term):
    """Projection on a direction in the layer's channel space, mean over positions.

    Attributes:
        vector: Weight of each channel, (c,).
    """

    vector: Tensor

    @override
    def score(self, activation: Tensor) -> Tensor:
        weights = self.vector.to(activation)
        flat = activation.reshape(*activation.shape[:2], -1)  # layers without positions have one
        return torch.einsum("nct,c->nt", flat, weights).mean(1)

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        if self.vector.shape != shape[:1]:
            raise NoSuchUnit(
                f"The direction has {self.vector.numel()} numbers, but {self.layer} has {shape[0]}"
                " channels; give one number per channel."
            )


@dataclass(frozen=True)
class WholeLayer(Term):
    """Mean square of a layer's activation (DeepDream, Mordvintsev et al. 2015)."""

    @override
    def score(self, activation: Tensor) -> Tensor:
        return activation.flatten(1).square().mean(1)


@dataclass(frozen=True, eq=False)
class Caricature(Term):
    """Similarity to the activation of one picture, larger in norm (Olah et al. 2018, lucid).

    Attributes:
        target: The layer's activation for that picture, (c, h, w).
    """

    target: Tensor

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        if self.target.ndim != len(shape) or len(self.target) != shape[0]:
            raise NoSuchUnit(
                f"The target has the shape {tuple(self.target.shape)}, but the activation of"
                f" {self.layer} has {shape}; read it with probe.read from the same layer."
            )

    @override
    def score(self, activation: Tensor) -> Tensor:
        target = self.target.to(activation)[None]
        if activation.ndim == 4:
            target = functional.interpolate(target, activation.shape[-2:], mode="bilinear")
        dot = (activation * target).flatten(1).sum(1)
        norms = activation.flatten(1).norm(dim=1) * target.norm()
        # The dot product alone would reward brightness; the squared cosine keeps the direction.
        return dot / target.norm() * (dot / norms.clamp(min=1e-9)).clamp(min=0.1) ** 2


def _rescale(position: int | None, length: int, new_length: int) -> float:
    """Return the position on a grid of another length that shows the same place of the picture.

    Args:
        position: Position on the grid; None for the middle of the other grid.
        length: Number of positions on the grid.
        new_length: Number of positions on the other grid.
    """
    if position is None:
        return new_length // 2
    return min(max((position + 0.5) * new_length / length - 0.5, 0), new_length - 1)


def _interpolate(values: Tensor, axis: int, position: float) -> Tensor:
    """Return the values at a position between two indices of an axis (linear)."""
    low = int(position)
    share = position - low
    if not share:
        return values.select(axis, low)
    return (1 - share) * values.select(axis, low) + share * values.select(axis, low + 1)


def _without_border(maps: Tensor) -> Tensor:
    """Crop a sixteenth of the side, rounded, from every border; small maps stay whole."""
    if maps.ndim < 3:
        return maps
    y, x = ((side + BORDER_SHARE // 2) // BORDER_SHARE for side in maps.shape[-2:])
    return maps[..., y : maps.shape[-2] - y, x : maps.shape[-1] - x]
