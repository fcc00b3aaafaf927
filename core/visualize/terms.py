"""Terms of objectives: each looks at one layer and gives a score."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from core.errors import ZooscopeError

# The layer of the network's output, one channel a class.
LOGITS = "logits"
# Share of a map's side that is rim.
RIM = 16
# How much of the square counts against a linear unit where it is off.
LEAK = 0.1


class NoSuchUnit(ZooscopeError):
    """The layer has no such channel or position; the message says what it has."""


@dataclass(frozen=True)
class Term(ABC):
    """Something to maximise at one layer.

    Attributes:
        layer: Dotted name, or LOGITS.
    """

    layer: str

    @abstractmethod
    def score(self, activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, " n"]:
        """How well each picture does."""

    def check(self, shape: tuple[int, ...]) -> None:  # noqa: B027 - most have all they ask for
        """Refuse what a layer of this shape (channels first) does not have.

        Raises:
            NoSuchUnit: With what it has.
        """


@dataclass(frozen=True)
class Channel(Term):
    """A channel, everywhere but at the rim; of the logits, a class.

    At the rim a unit also answers to the zeros around the picture, and would have a frame drawn.
    """

    index: int

    @override
    def score(self, activation: Tensor) -> Tensor:
        return _inner(activation[:, self.index]).reshape(len(activation), -1).mean(1)

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        if not 0 <= self.index < shape[0]:
            kind = "class" if self.layer == LOGITS else "channel"
            raise NoSuchUnit(
                f"There is no {kind} {self.index} in {self.layer}; it goes from 0 to"
                f" {shape[0] - 1}."
            )


@dataclass(frozen=True)
class Answers(Channel):
    """A channel of a linear layer, by what it answers to where it is on.

    Of an affine map the mean over positions only knows a picture's mean colour: what the filter
    looks for comes and goes with its phase, and adds up to nothing. Hence the mean square; where
    it is off, a little of it is taken away, so that all of a picture is drawn.

    Attributes:
        level: What it answers to the mean colour.
        sign: -1 for what it answers to with numbers below that.
    """

    level: float = 0.0
    sign: int = 1

    @override
    def score(self, activation: Tensor) -> Tensor:
        on = self.sign * (_inner(activation[:, self.index]) - self.level)
        worth = torch.where(on > 0, on, LEAK * on) * on.abs()
        return self.sign * worth.reshape(len(on), -1).mean(1)


@dataclass(frozen=True)
class Neuron(Channel):
    """A channel at one position; None is the middle, whatever size the picture has."""

    y: int | None = None
    x: int | None = None

    @override
    def score(self, activation: Tensor) -> Tensor:
        height, width = activation.shape[-2:]
        y = height // 2 if self.y is None else min(self.y, height - 1)
        x = width // 2 if self.x is None else min(self.x, width - 1)
        return activation[:, self.index, y, x]

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        super().check(shape)
        if len(shape) != 3:
            raise NoSuchUnit(f"{self.layer} has no positions, only channels.")
        for name, value, size in (("y", self.y, shape[1]), ("x", self.x, shape[2])):
            if value is not None and not 0 <= value < size:
                raise NoSuchUnit(
                    f"{name} is {value}; in {self.layer} it goes from 0 to {size - 1}."
                )


@dataclass(frozen=True, eq=False)
class Direction(Term):
    """A direction in the space of a layer's channels.

    Attributes:
        vector: Weight of each channel, (c,).
    """

    vector: Tensor

    @override
    def score(self, activation: Tensor) -> Tensor:
        weights = self.vector.to(activation)
        return torch.einsum("nct,c->nt", activation.flatten(2), weights).mean(1)

    @override
    def check(self, shape: tuple[int, ...]) -> None:
        if self.vector.shape != shape[:1]:
            raise NoSuchUnit(
                f"The direction has {self.vector.numel()} numbers; {self.layer} has {shape[0]}"
                " channels."
            )


@dataclass(frozen=True)
class Layer(Term):
    """Everything a layer sees, the stronger the more (DeepDream, Mordvintsev et al. 2015)."""

    @override
    def score(self, activation: Tensor) -> Tensor:
        return activation.flatten(1).square().mean(1)


@dataclass(frozen=True, eq=False)
class Likeness(Term):
    """What a layer saw in one picture, and more of it: a caricature (Olah et al. 2018, lucid).

    Attributes:
        seen: The layer's activation for that picture, (c, h, w).
    """

    seen: Tensor

    @override
    def score(self, activation: Tensor) -> Tensor:
        seen = self.seen.to(activation)[None]
        if activation.ndim == 4:
            seen = functional.interpolate(seen, activation.shape[-2:], mode="bilinear")
        both = (activation * seen).flatten(1).sum(1)
        lengths = activation.flatten(1).norm(dim=1) * seen.norm()
        # Length alone would reward brightness; the cosine keeps it like what was seen.
        return both / seen.norm() * (both / lengths.clamp(min=1e-9)).clamp(min=0.1) ** 2


def _inner(maps: Tensor) -> Tensor:
    """Maps without their rim, a sixteenth of the side on each; small ones stay whole."""
    if maps.ndim < 3:
        return maps
    y, x = ((side + RIM // 2) // RIM for side in maps.shape[-2:])
    return maps[..., y : maps.shape[-2] - y, x : maps.shape[-1] - x]
