"""Links between units: how strongly a unit depends on earlier units and affects later ones.

Weights measure this only between adjacent convolutions. Between layers further apart, the mean
gradient does (the expanded weights of Voss et al. 2021, Visualizing Weights).
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core import probe
from core.layers import Layer, UnknownLayer, find_layers
from core.visualize.terms import Channel
from core.zoo import Model


def incoming(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, source: str
) -> Float[np.ndarray, " c"]:
    """Compute the effect of each unit of an earlier layer on a unit, averaged over pictures.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Layer of the unit.
        unit: Channel index.
        source: The earlier layer.

    Returns:
        For each source unit, the change of the unit's mean response when the source unit's response
        rises at every position by its own standard deviation, to first order. Negative values are
        inhibition.

    Raises:
        UnknownLayer: No such layer, or the source does not come before it.
        NoSuchUnit: No such channel.
    """
    source_layer, unit_layer = _in_order(m, source, layer)
    Channel(layer, unit).check(unit_layer.shape)
    x = m.preprocess(imgs).requires_grad_()  # so that gradients are kept; the weights are frozen
    with m.borrow() as net, probe.Probe(net, [source_layer, unit_layer]) as reading:
        reading.run(x)
        activation = reading.activations[source]
        mean_response = reading.activations[layer][:, unit].mean()
        (gradient,) = torch.autograd.grad(mean_response, activation)
    std = activation.detach().movedim(1, 0).flatten(1).std(dim=1)
    return (gradient.flatten(2).sum(dim=(0, 2)) * std).cpu().numpy()


def outgoing(
    m: Model, imgs: Sequence[Image.Image], layer: str, unit: int, target: str
) -> Float[np.ndarray, " c"]:
    """Compute the effect of a unit on each unit of a later layer, averaged over pictures.

    The unit's response is raised and the others of its layer are kept.

    Args:
        m: The network.
        imgs: The pictures.
        layer: Layer of the unit.
        unit: Channel index.
        target: The later layer.

    Returns:
        For each target unit, the change of its mean response when the unit's response rises at
        every position by its own standard deviation.

    Raises:
        UnknownLayer: No such layer, or the target does not come after it.
        NoSuchUnit: No such channel.
    """
    unit_layer, target_layer = _in_order(m, layer, target)
    Channel(layer, unit).check(unit_layer.shape)
    x = m.preprocess(imgs)

    def raise_unit(activation: torch.Tensor) -> torch.Tensor:
        activation[:, unit] += activation[:, unit].std()
        return activation

    with m.borrow() as net, torch.no_grad():
        means = []
        for changes in ({}, {unit_layer: raise_unit}):
            with (
                probe.change_activations(net, changes),
                probe.Probe(net, [target_layer]) as reading,
            ):
                reading.run(x)
            activation = reading.activations[target].float()
            means.append(activation.reshape(*activation.shape[:2], -1).mean(dim=(0, 2)))
    before, after = means
    return (after - before).cpu().numpy()


def _in_order(m: Model, earlier: str, later: str) -> tuple[Layer, Layer]:
    """Return two layers; raise an error if the first does not come before the second."""
    layers = find_layers(m.layers, [earlier, later])
    names = list(m.layers)
    if names.index(earlier) >= names.index(later):
        raise UnknownLayer(
            f"{earlier} does not come before {later} in the network; swap the two layers."
        )
    return layers[0], layers[1]
