"""What breaks without some units."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import predict, probe
from core.visualize.terms import Channel
from core.zoo import Model

# Units to switch off, by layer.
Units = Mapping[str, Sequence[int]]


def logits_without(
    m: Model, imgs: Sequence[Image.Image], units: Units
) -> Float[np.ndarray, "n classes"]:
    """The logits with some units held at 0 everywhere.

    Raises:
        NoClassifier: The network gives no classes.
        UnknownLayer: No such layer.
        NoSuchUnit: No such channel.
    """
    predict.require_classes(m.card)
    layers = probe.find(m.layers, list(units))
    for layer in layers:
        for unit in units[layer.name]:
            Channel(layer.name, unit).check(layer.shape)
    off = {layer: _off(list(units[layer.name])) for layer in layers}
    x = m.preprocess(imgs)
    with m.borrow() as net, torch.inference_mode(), probe.changed(net, off):
        return net(x).float().cpu().numpy()


def _off(units: list[int]) -> Callable[[Tensor], Tensor]:
    def change(activation: Tensor) -> Tensor:
        activation[:, units] = 0
        return activation

    return change
