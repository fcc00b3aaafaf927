"""Which units feed a unit, and which it feeds.

Weights alone say this only from one convolution to the next; between layers with more in between,
the mean gradient says it (the expanded weights of Voss et al. 2021, Visualizing Weights).
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core import probe
from core.visualize.terms import Channel
from core.zoo import Model


def incoming(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, source: str
) -> Float[np.ndarray, " c"]:
    """How much each unit of an earlier layer moves a unit, over pictures.

    Returns:
        For each source unit: the change of the unit's mean response when the source unit's response
        rises everywhere by its own standard deviation, to first order. Negative inhibits.

    Raises:
        UnknownLayer: No such layer, or the source does not come before.
        NoSuchUnit: No such channel.
    """
    there, here = _ordered(m, source, layer)
    Channel(layer, unit).check(here.shape)
    x = m.preprocess(imgs).requires_grad_()  # so that gradients are kept; the weights are frozen
    with m.borrow() as net, probe.Probe(net, [there, here]) as reading:
        reading.run(x)
        given = reading.activations[source]
        score = reading.activations[layer][:, unit].mean()
        (pull,) = torch.autograd.grad(score, given)
    spread = given.detach().movedim(1, 0).flatten(1).std(dim=1)
    return (pull.flatten(2).sum(dim=(0, 2)) * spread).cpu().numpy()


def outgoing(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, target: str
) -> Float[np.ndarray, " c"]:
    """How much a unit moves each unit of a later layer: its response raised, all others kept.

    Returns:
        For each target unit: the change of its mean response when this unit's response rises
        everywhere by its own standard deviation.

    Raises:
        UnknownLayer: No such layer, or the target does not come after.
        NoSuchUnit: No such channel.
    """
    here, there = _ordered(m, layer, target)
    Channel(layer, unit).check(here.shape)
    x = m.preprocess(imgs)

    def raised(activation: torch.Tensor) -> torch.Tensor:
        activation[:, unit] += activation[:, unit].std()
        return activation

    with m.borrow() as net, torch.no_grad():
        means = []
        for change in ({}, {here: raised}):
            with probe.changed(net, change), probe.Probe(net, [there]) as reading:
                reading.run(x)
            means.append(reading.activations[target].float().flatten(2).mean(dim=(0, 2)))
    return (means[1] - means[0]).cpu().numpy()


def _ordered(m: Model, first: str, second: str) -> tuple[probe.Layer, probe.Layer]:
    """Two layers of which the first must come before the second."""
    layers = probe.find(m.layers, [first, second])
    names = list(m.layers)
    if names.index(first) >= names.index(second):
        raise probe.UnknownLayer(f"{first} does not come before {second}; choose the other order.")
    return layers[0], layers[1]
