"""What a picture is made to excite: units, directions, classes, and sums of them.

An objective is a weighted sum of terms. Scores are always maximised.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core import probe
from core.visualize.terms import LOGITS, Channel, Direction, Layer, Likeness, Neuron, Term
from core.zoo import Model


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

    @property
    def class_(self) -> int | None:
        """The class whose picture it is, if it is one's."""
        if len(self.terms) == 1:
            weight, term = self.terms[0]
            if isinstance(term, Channel) and term.layer == LOGITS and weight > 0:
                return term.index
        return None

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


def _precise(activation: Tensor) -> Tensor:
    """At least float32: sums over positions lose too much in 16 bits."""
    return activation.to(torch.promote_types(activation.dtype, torch.float32))
