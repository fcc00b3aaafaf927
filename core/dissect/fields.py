"""Receptive fields: the region of the input that a unit depends on."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core import memory, probe
from core.layers import Layer, find_layers
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Share of the squared gradient that the field contains. The rest comes from far away; in networks
# with squeeze-and-excitation, from the whole picture.
FIELD_SHARE = 0.9
# Number of noise inputs over which the gradients are averaged.
NOISE_INPUTS = 4


def receptive_fields(m: Model, names: Sequence[str]) -> dict[str, float]:
    """Compute the side of each layer's receptive field. See `receptive_fields_steps`."""
    return drain(receptive_fields_steps(m, names))


def receptive_fields_steps(m: Model, names: Sequence[str]) -> Steps[dict[str, float]]:
    """Compute the side of each layer's effective receptive field, in input pixels, layer by layer.

    The effective field (Luo et al. 2016, arXiv 1701.04128) is the square that contains 90 % of the
    squared gradient of the middle position's channels with respect to the input. The inputs are
    noise, so that the field does not depend on a picture.

    Args:
        m: The network.
        names: Layer names.

    Returns:
        The side by layer name; 0 for a layer that does not depend on the input.

    Raises:
        UnknownLayer: No such layer.
    """
    layers = find_layers(m.layers, names)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(NOISE_INPUTS, *m.input_size, generator=generator).to(m.device)
    # One gradient for all channels: with random weights, their gradients do not cancel.
    weights = {
        layer.name: torch.randn(NOISE_INPUTS, *_units(layer), generator=generator).to(m.device)
        for layer in layers
    }
    parts = yield from memory.steps_in_halves(
        lambda rows: _squared_gradients(m, layers, x[list(rows)], weights, rows),
        range(NOISE_INPUTS),
    )
    sums = {layer.name: np.sum([part[layer.name] for part in parts], axis=0) for layer in layers}
    return {name: _side(total) if total.any() else 0.0 for name, total in sums.items()}


def _units(layer: Layer) -> tuple[int, ...]:
    """Return the shape of a layer's activation at a single position."""
    return layer.shape[:1] if len(layer.shape) == 3 else layer.shape


def _squared_gradients(
    m: Model,
    layers: Sequence[Layer],
    x: Float[Tensor, "n c h w"],
    weights: Mapping[str, Tensor],
    rows: Sequence[int],
) -> Steps[dict[str, Float[np.ndarray, "h w"]]]:
    """Sum the squared gradients of each layer's middle position over inputs and colours.

    Args:
        m: The network.
        layers: The layers.
        x: The inputs.
        weights: Weight of each unit in the value whose gradient is computed, for all inputs.
        rows: The rows of the weights that belong to these inputs.
    """
    x.requires_grad_()
    with m.borrow() as net, probe.Probe(net, layers) as layer_probe:
        layer_probe.run(x)
        activations = dict(layer_probe.activations)
    sums = {}
    for index, layer in enumerate(layers):
        yield Progress(index, len(layers), note="measuring receptive fields")
        values = activations[layer.name]
        if values.ndim == 4:
            values = values[:, :, values.shape[2] // 2, values.shape[3] // 2]
        total = (values * weights[layer.name][list(rows)].to(values)).sum()
        gradient = None
        if total.requires_grad:
            (gradient,) = torch.autograd.grad(total, x, retain_graph=True, allow_unused=True)
        if gradient is None:
            gradient = torch.zeros_like(x)
        sums[layer.name] = gradient.square().sum(dim=(0, 1)).cpu().numpy()
    return sums


def _side(squared_gradient: np.ndarray) -> float:
    """Return the side of the square around the centre of mass that contains most of the gradient.

    Most means `FIELD_SHARE` of its sum. The square is no larger than the input.
    """
    rows, columns = np.indices(squared_gradient.shape)
    total = max(float(squared_gradient.sum()), 1e-30)
    y = (squared_gradient * rows).sum() / total
    x = (squared_gradient * columns).sum() / total
    distance = np.maximum(np.abs(rows - y), np.abs(columns - x)).ravel()
    order = np.argsort(distance)
    share_within = np.cumsum(squared_gradient.ravel()[order]) / total
    last = min(int(np.searchsorted(share_within, FIELD_SHARE)), distance.size - 1)
    half_side = distance[order][last]
    return float(min(round(2 * half_side) + 1, max(squared_gradient.shape)))
