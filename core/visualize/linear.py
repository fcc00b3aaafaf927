"""Layers that are affine maps of the picture, and what is asked of them instead of their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from core import probe
from core.visualize.objectives import Objective
from core.visualize.terms import LOGITS, Answers, Channel, Term
from core.zoo import Model

# How far, of its answers' size, an affine layer may miss by rounding.
ROUNDING = 1e-3


def suited(m: Model, objectives: Sequence[Objective]) -> list[Objective]:
    """The objectives, with channels of linear layers told by where they are on."""
    layers = {
        term.layer
        for objective in objectives
        for _, term in objective.terms
        if type(term) is Channel and term.layer != LOGITS
    }
    levels = {layer: level for layer in layers if (level := levels_if_linear(m, layer)) is not None}
    if not levels:
        return list(objectives)
    return [
        replace(
            one, terms=tuple((weight, _told(term, weight, levels)) for weight, term in one.terms)
        )
        for one in objectives
    ]


def levels_if_linear(m: Model, layer: str) -> Float[Tensor, " c"] | None:
    """What a layer's channels answer to the mean colour, if it is an affine map of the picture.

    Then f(x) + f(-x) is 2 f(0); None where it is not.

    Raises:
        UnknownLayer: No such layer.
    """
    dice = torch.Generator().manual_seed(0)
    dtype = next(m.net.parameters()).dtype
    x = torch.randn(1, *m.input_size, generator=dice).to(m.device, dtype)
    both = torch.cat([x, -x, torch.zeros_like(x)])
    there, back, nothing = probe.read(m, both, [layer])[layer].double()
    miss = (there + back - 2 * nothing).abs().max()
    if miss > ROUNDING * (there - nothing).abs().max():
        return None
    return nothing.flatten(1).median(1).values


def _told(term: Term, weight: float, levels: Mapping[str, Tensor]) -> Term:
    if type(term) is Channel and term.layer in levels:
        level = float(levels[term.layer][term.index])
        return Answers(term.layer, term.index, level, sign=-1 if weight < 0 else 1)
    return term
