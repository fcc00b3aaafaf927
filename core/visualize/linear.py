"""Layers that are affine maps of the picture, and what is asked of them instead of their mean."""

from collections.abc import Sequence
from dataclasses import replace

import torch

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
    linear = {layer for layer in layers if is_linear(m, layer)}
    if not linear:
        return list(objectives)
    return [
        replace(
            one, terms=tuple((weight, _told(term, weight, linear)) for weight, term in one.terms)
        )
        for one in objectives
    ]


def is_linear(m: Model, layer: str) -> bool:
    """Whether a layer is an affine map of the picture: f(x) + f(-x) is 2 f(0).

    Raises:
        UnknownLayer: No such layer.
    """
    dice = torch.Generator().manual_seed(0)
    dtype = next(m.net.parameters()).dtype
    x = torch.randn(1, *m.input_size, generator=dice).to(m.device, dtype)
    both = torch.cat([x, -x, torch.zeros_like(x)])
    there, back, nothing = probe.read(m, both, [layer])[layer].double()
    miss = (there + back - 2 * nothing).abs().max()
    return bool(miss <= ROUNDING * (there - nothing).abs().max())


def _told(term: Term, weight: float, linear: set[str]) -> Term:
    if type(term) is Channel and term.layer in linear:
        return Answers(term.layer, term.index, sign=-1 if weight < 0 else 1)
    return term
