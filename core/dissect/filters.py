"""The first layer's filters as pictures: the only ones that look at colours directly."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch import nn

from core.errors import ZooscopeError
from core.zoo import Model


class NoFilters(ZooscopeError):
    """The network does not begin with a convolution over colours."""


def first_filters(m: Model) -> UInt8[np.ndarray, "c h w 3"]:
    """The filters of the first convolution over colours; of several beside each other the widest.

    Grey is 0; each filter is stretched so that its largest weight is full colour.

    Raises:
        NoFilters: There is no such convolution.
    """
    weights = [
        module.weight.detach().float().cpu()
        for module in (m.net.get_submodule(layer.module) for layer in m.layers.values())
        if isinstance(module, nn.Conv2d) and module.weight.shape[1] == 3
    ]
    if not weights:
        raise NoFilters(f"{m.title} does not begin with a convolution over colours.")
    widest = max(weights, key=lambda weight: weight.shape[-1])
    largest = widest.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-9)
    pixels = 127.5 * (1 + widest / largest).permute(0, 2, 3, 1)
    return pixels.round().to(torch.uint8).numpy()
