"""Receptive fields: how much of the picture a unit looks at."""

from collections.abc import Sequence

import numpy as np
import torch

from core import probe
from core.images import Box
from core.zoo import Model

# Share of what reaches a unit that its field holds: the rest trickles in from far away, from
# everywhere where a network squeezes and excites.
HELD = 0.9
# Inputs that the gradients are averaged over.
LOOKS = 4


def receptive_fields(m: Model, names: Sequence[str]) -> dict[str, float]:
    """The side, in input pixels, of the square about a unit that most of its input comes from.

    It is the effective field (Luo et al. 2016, arXiv 1701.04128): the square that holds 90 % of
    the squared gradient of the middle position's channels with respect to the input, on noise.

    Raises:
        UnknownLayer: No such layer.
    """
    layers = probe.find(m.layers, names)
    random = torch.Generator().manual_seed(0)
    x = torch.randn(LOOKS, *m.input_size, generator=random).to(m.device).requires_grad_()
    found = {}
    with m.borrow() as net, probe.Probe(net, layers) as reading:
        reading.run(x)
        for layer in layers:
            values = reading.activations[layer.name]
            if values.ndim == 4:
                values = values[:, :, values.shape[2] // 2, values.shape[3] // 2]
            signs = torch.randn(values.shape, generator=random).to(values)
            (pull,) = torch.autograd.grad((values * signs).sum(), x, retain_graph=True)
            found[layer.name] = _side(pull.square().sum(dim=(0, 1)).cpu().numpy())
    return found


def field_box(m: Model, layer: str, side: float, place: Sequence[int]) -> Box:
    """Where a unit's field lies on the model's input grid: left, top, right, bottom, in pixels.

    It may reach beyond the grid, as the unit itself does.
    """
    shape = probe.find(m.layers, [layer])[0].shape
    height, width = m.input_size[1:]
    rows, columns = shape[1:] if len(shape) == 3 else (1, 1)
    y, x = (place[0] + 0.5) * height / rows, (place[1] + 0.5) * width / columns
    return (x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _side(pull: np.ndarray) -> float:
    """The side of the square about the centre of mass that holds most of it."""
    rows, columns = np.indices(pull.shape)
    total = max(float(pull.sum()), 1e-30)
    y, x = (pull * rows).sum() / total, (pull * columns).sum() / total
    reach = np.maximum(np.abs(rows - y), np.abs(columns - x)).ravel()
    order = np.argsort(reach)
    within = np.cumsum(pull.ravel()[order]) / total
    edge = reach[order][min(int(np.searchsorted(within, HELD)), reach.size - 1)]
    return float(min(round(2 * edge) + 1, max(pull.shape)))
