"""Objectives: what a picture is optimised for, as a weighted sum of terms.

Scores are always maximised. Objectives combine with +, - and *.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core import predict
from core.arguments import require_count
from core.layers import LOGITS, find_layers
from core.visualize.terms import Caricature, Channel, Direction, Neuron, Term, WholeLayer
from core.zoo import Model


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms, for one picture or for several variations that should differ.

    Attributes:
        terms: Pairs of weight and term.
        variations: Number of pictures to optimise together.
        diversity: Weight of the penalty on similar variations; 0 for none.
        compared_layer: The layer at which variations are compared; the first term's if empty.
    """

    terms: tuple[tuple[float, Term], ...]
    variations: int = 1
    diversity: float = 0.0
    compared_layer: str = ""

    @property
    def layers(self) -> list[str]:
        """The layers whose activations the objective needs."""
        compared = [self.compared_layer] if self.compared_layer else []
        return list(dict.fromkeys([*(term.layer for _, term in self.terms), *compared]))

    @property
    def class_(self) -> int | None:
        """The index of the class if the objective maximises a single class logit, else None."""
        if len(self.terms) == 1:
            weight, term = self.terms[0]
            if isinstance(term, Channel) and term.layer == LOGITS and weight > 0:
                return term.index
        return None

    def score(self, activations: dict[str, Tensor]) -> Float[Tensor, " n"]:
        """Compute the score of each picture from the activations, by layer name."""
        return torch.stack(
            [
                weight * term.score(_at_least_float32(activations[term.layer]))
                for weight, term in self.terms
            ]
        ).sum(0)

    def similarity(self, activations: dict[str, Tensor]) -> Float[Tensor, ""]:
        """Compute the similarity of the variations: mean pairwise cosine of their Gram matrices.

        Olah et al. 2017 (Feature Visualization), "diversity".
        """
        activation = _at_least_float32(activations[self.compared_layer or self.terms[0][1].layer])
        flat = activation.reshape(*activation.shape[:2], -1)  # n c t
        grams = functional.normalize(torch.einsum("nct,ndt->ncd", flat, flat).flatten(1), dim=1)
        cosines = grams @ grams.T
        return (cosines.sum() - cosines.trace()) / max(1, len(flat) * (len(flat) - 1))

    def check(self, m: Model) -> None:
        """Raise an error if the model lacks a layer or unit of the objective.

        Raises:
            UnknownLayer: No such layer; the message has the nearest names.
            NoSuchUnit: No such channel or position; the message has the valid range.
            NoClassifier: The network has no classes.
            BadArgument: There are no variations.
        """
        require_count("variations", self.variations)
        if self.compared_layer:
            find_layers(m.layers, [self.compared_layer])
        for _, term in self.terms:
            term.check(_shape(m, term.layer))

    def on_grids_of(self, m: Model) -> "Objective":
        """Return the objective with positions on the layers' grids at the model's input size."""
        return replace(
            self,
            terms=tuple(
                (weight, term.on_grid_of(_shape(m, term.layer))) for weight, term in self.terms
            ),
        )

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
    """Return the objective of one channel, mean over positions."""
    return Objective(((1.0, Channel(layer, index)),))


def neuron(layer: str, index: int, y: int | None = None, x: int | None = None) -> Objective:
    """Return the objective of a channel at one position; the middle by default.

    Args:
        layer: The layer.
        index: The channel.
        y: Row on the layer's grid at the network's input size; None for the middle. On a canvas of
            another size the layer is interpolated at the same place.
        x: Column on that grid; None for the middle.
    """
    return Objective(((1.0, Neuron(layer, index, y, x)),))


def direction(layer: str, vector: Float[Tensor, " c"]) -> Objective:
    """Return the objective of a direction in a layer's channel space, mean over positions."""
    return Objective(((1.0, Direction(layer, vector)),))


def class_logit(index: int) -> Objective:
    """Return the objective of a class: its logit."""
    return channel(LOGITS, index)


def layer(name: str) -> Objective:
    """Return the objective of a whole layer: its mean squared activation (DeepDream)."""
    return Objective(((1.0, WholeLayer(name)),))


def caricature(name: str, target: Float[Tensor, "c h w"]) -> Objective:
    """Return the objective that exaggerates a layer's activation for a picture.

    Args:
        name: The layer.
        target: Its activation for the picture, as `probe.read` returns it.
    """
    return Objective(((1.0, Caricature(name, target)),))


def diverse(
    objective: Objective, variations: int = 4, weight: float = 1.0, compared_layer: str = ""
) -> Objective:
    """Return an objective with several pictures that should differ from each other.

    Args:
        objective: What every picture maximises.
        variations: Number of pictures.
        weight: Weight of the diversity; at 1 it counts as much as the score itself.
        compared_layer: The layer at which the pictures should differ; it must have positions. The
            objective's own layer if empty.
    """
    return replace(
        objective, variations=variations, diversity=weight, compared_layer=compared_layer
    )


def _shape(m: Model, name: str) -> tuple[int, ...]:
    """Return the shape of a layer's activation for one picture, also of the logits."""
    if name == LOGITS:
        predict.require_classes(m.card)
        return (len(m.labels),)
    (found,) = find_layers(m.layers, [name])
    return found.shape


def _at_least_float32(activation: Tensor) -> Tensor:
    """Promote 16-bit activations: sums over positions lose too much precision in 16 bits."""
    return activation.to(torch.promote_types(activation.dtype, torch.float32))
