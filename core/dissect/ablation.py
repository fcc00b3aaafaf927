"""Ablation: the network's predictions with some units switched off."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import predict, probe
from core.layers import find_layers
from core.visualize.terms import Channel
from core.zoo import Model

# Channel indices by layer name.
Units = Mapping[str, Sequence[int]]


def logits_without(
    m: Model, imgs: Sequence[Image.Image], units: Units
) -> Float[np.ndarray, "n classes"]:
    """Return the logits with some units set to 0 at every position.

    Args:
        m: The network.
        imgs: The pictures.
        units: The units to switch off: channel indices by layer name.

    Raises:
        NoClassifier: The network has no classes.
        UnknownLayer: No such layer.
        NoSuchUnit: No such channel.
    """
    predict.require_classes(m.card)
    layers = find_layers(m.layers, list(units))
    for layer in layers:
        for unit in units[layer.name]:
            Channel(layer.name, unit).check(layer.shape)
    changes = {layer: _set_to_zero(list(units[layer.name])) for layer in layers}
    logits = []
    for batch in m.batches(imgs):
        x = m.preprocess(batch)
        with m.borrow() as net, torch.inference_mode(), probe.change_activations(net, changes):
            logits.append(m.in_batches(net, x).float().cpu().numpy())
    return np.concatenate(logits)


def _set_to_zero(units: list[int]) -> Callable[[Tensor], Tensor]:
    """Return a function that sets these channels of an activation to 0."""

    def change(activation: Tensor) -> Tensor:
        activation[:, units] = 0
        return activation

    return change
