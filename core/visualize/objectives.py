"""What a picture is made to excite: units, directions, classes, and sums of them.

An objective is a weighted sum of terms; each term looks at one layer and gives a score. Scores are
always maximised.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from core import probe
from core.errors import ZooscopeError
from core.zoo import Model

# The layer of the network's output, one channel a class.
LOGITS = "logits"
# Share of a map's side that is rim.
RIM = 16


class NoSuchUnit(ZooscopeError):
    """The layer has no such channel or position; the message says what it has."""


@dataclass(frozen=True)
class Term:
    """Something to maximise at one layer.

    Attributes:
        layer: Dotted name, or LOGITS.
    """

    layer: str

    def score(self, activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, " n"]:
        """How well each picture does."""
        raise NotImplementedError

    def check(self, shape: tuple[int, ...]) -> None:
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


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms, for one picture or for several that should differ.

    Attributes:
        terms: With their weights.
        faces: Pictures made together.
        diversity: How much unlikeness among the faces counts, against the score.
        compared: The layer at which faces are compared, that of the first term where empty.
    """

    terms: tuple[tuple[float, Term], ...]
    faces: int = 1
    diversity: float = 0.0
    compared: str = ""

    @property
    def layers(self) -> list[str]:
        """The layers it looks at."""
        compared = [self.compared] if self.compared else []
        return list(dict.fromkeys([*(term.layer for _, term in self.terms), *compared]))

    def score(self, activations: dict[str, Tensor]) -> Float[Tensor, " n"]:
        """How well each picture does, given the layers' activations for it."""
        return torch.stack(
            [weight * term.score(_precise(activations[term.layer])) for weight, term in self.terms]
        ).sum(0)

    def likeness(self, activations: dict[str, Tensor]) -> Float[Tensor, ""]:
        """How alike the faces are: mean cosine of their Gram matrices.

        Olah et al. 2017 (Feature Visualization), "diversity".
        """
        activation = _precise(activations[self.compared or self.terms[0][1].layer])
        flat = activation.reshape(*activation.shape[:2], -1)  # n c t
        grams = functional.normalize(torch.einsum("nct,ndt->ncd", flat, flat).flatten(1), dim=1)
        cosines = grams @ grams.T
        return (cosines.sum() - cosines.trace()) / max(1, len(flat) * (len(flat) - 1))

    def check(self, m: Model) -> None:
        """Refuse what the model does not have.

        Raises:
            UnknownLayer: With the nearest names.
            NoSuchUnit: With the range.
        """
        if self.compared:
            probe.find(m.layers, [self.compared])
        for _, term in self.terms:
            if term.layer == LOGITS:
                term.check((len(m.labels),))
            else:
                (found,) = probe.find(m.layers, [term.layer])
                term.check(found.shape)

    def __add__(self, other: "Objective") -> "Objective":
        return replace(self, terms=self.terms + other.terms)

    def __mul__(self, factor: float) -> "Objective":
        return replace(self, terms=tuple((factor * weight, term) for weight, term in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> "Objective":
        return self * -1

    def __sub__(self, other: "Objective") -> "Objective":
        return self + -other


def channel(layer: str, index: int) -> Objective:
    """A channel's mean over positions."""
    return Objective(((1.0, Channel(layer, index)),))


def neuron(layer: str, index: int, y: int | None = None, x: int | None = None) -> Objective:
    """A channel at one position, the middle where none is given."""
    return Objective(((1.0, Neuron(layer, index, y, x)),))


def direction(layer: str, vector: Float[Tensor, " c"]) -> Objective:
    """The projection on a direction of the layer's channels, mean over positions."""
    return Objective(((1.0, Direction(layer, vector)),))


def class_logit(index: int) -> Objective:
    """The score of a class, before softmax."""
    return channel(LOGITS, index)


def layer(name: str) -> Objective:
    """All a layer sees (DeepDream)."""
    return Objective(((1.0, Layer(name)),))


def caricature(name: str, seen: Float[Tensor, "c h w"]) -> Objective:
    """What a layer saw in a picture, exaggerated.

    Args:
        name: The layer.
        seen: Its activation for the picture, as `probe.read` gives it.
    """
    return Objective(((1.0, Likeness(name, seen)),))


def between(first: Objective, second: Objective, share: float) -> Objective:
    """A mixture of two objectives: the first at 0, the second at 1."""
    return first * (1 - share) + second * share


def diverse(
    objective: Objective, faces: int = 4, weight: float = 1.0, compared: str = ""
) -> Objective:
    """Several pictures of one objective that should differ from each other.

    Args:
        objective: What all show.
        faces: How many.
        weight: How much unlikeness counts: 1 as much as the score itself.
        compared: The layer at which they should differ, with positions; the objective's own where
            empty.
    """
    return replace(objective, faces=faces, diversity=weight, compared=compared)


def _inner(maps: Tensor) -> Tensor:
    """Maps without their rim, a sixteenth of the side on each; small ones stay whole."""
    if maps.ndim < 3:
        return maps
    y, x = ((side + RIM // 2) // RIM for side in maps.shape[-2:])
    return maps[..., y : maps.shape[-2] - y, x : maps.shape[-1] - x]


def _precise(activation: Tensor) -> Tensor:
    """At least float32: sums over positions lose too much in 16 bits."""
    return activation.to(torch.promote_types(activation.dtype, torch.float32))
