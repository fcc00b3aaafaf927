"""Receptive fields: the region of the input that a unit depends on."""

from collections.abc import Sequence

import numpy as np
import torch

from core import probe
from core.layers import find_layers
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
        The side by layer name.

    Raises:
        UnknownLayer: No such layer.
    """
    layers = find_layers(m.layers, names)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(NOISE_INPUTS, *m.input_size, generator=generator).to(m.device).requires_grad_()
    with m.borrow() as net, probe.Probe(net, layers) as layer_probe:
        layer_probe.run(x)
        activations = dict(layer_probe.activations)
    sides = {}
    for index, layer in enumerate(layers):
        yield Progress(index, len(layers), note="measuring receptive fields")
        values = activations[layer.name]
        if values.ndim == 4:
            values = values[:, :, values.shape[2] // 2, values.shape[3] // 2]
        # One gradient for all channels: with random weights, their gradients do not cancel.
        weights = torch.randn(values.shape, generator=generator).to(values)
        (gradient,) = torch.autograd.grad((values * weights).sum(), x, retain_graph=True)
        sides[layer.name] = _side(gradient.square().sum(dim=(0, 1)).cpu().numpy())
    return sides


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
