"""Detection of affine layers, whose channels need another objective than their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from core import probe
from core.float64 import to_float64
from core.layers import LOGITS
from core.visualize.objectives import Objective
from core.visualize.terms import Channel, LinearChannel, Term
from core.zoo import Model

# Largest deviation of an affine layer from linearity by rounding, relative to its responses.
ROUNDING = 1e-3


def use_linear_channels(m: Model, objectives: Sequence[Objective]) -> list[Objective]:
    """Return the objectives with `LinearChannel` terms for the channels of affine layers.

    Other terms stay as they are.
    """
    layers = {
        term.layer
        for objective in objectives
        for _, term in objective.terms
        if type(term) is Channel and term.layer != LOGITS
    }
    baselines = {
        layer: baseline
        for layer in layers
        if (baseline := baselines_if_affine(m, layer)) is not None
    }
    if not baselines:
        return list(objectives)
    return [
        replace(
            objective,
            terms=tuple(
                (weight, _linear_if_affine(term, weight, baselines))
                for weight, term in objective.terms
            ),
        )
        for objective in objectives
    ]


def baselines_if_affine(m: Model, layer: str) -> Float[Tensor, " c"] | None:
    """Return each channel's response to the mean colour if the layer is affine, else None.

    A layer is taken as an affine map f of the picture if f(x) + f(-x) = 2 f(0) for a random x.

    Raises:
        UnknownLayer: No such layer.
    """
    generator = torch.Generator().manual_seed(0)
    dtype = next(m.net.parameters()).dtype
    x = torch.randn(1, *m.input_size, generator=generator).to(m.device, dtype)
    batch = torch.cat([x, -x, torch.zeros_like(x)])
    at_x, at_minus_x, at_zero = to_float64(probe.read(m, batch, [layer])[layer])
    deviation = (at_x + at_minus_x - 2 * at_zero).abs().max()
    if deviation > ROUNDING * (at_x - at_zero).abs().max():
        return None
    return at_zero.flatten(1).median(1).values


def _linear_if_affine(term: Term, weight: float, baselines: Mapping[str, Tensor]) -> Term:
    """Return a `LinearChannel` for a channel of an affine layer, else the term itself."""
    if type(term) is Channel and term.layer in baselines:
        baseline = float(baselines[term.layer][term.index])
        return LinearChannel(term.layer, term.index, baseline, sign=-1 if weight < 0 else 1)
    return term
