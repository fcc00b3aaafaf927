"""The first layer's filters as pictures: the only filters that apply to colours directly."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch import nn

from core.errors import ZooscopeError
from core.zoo import Model


class NoFilters(ZooscopeError):
    """The network does not begin with a convolution over colours."""


def first_filters(m: Model) -> UInt8[np.ndarray, "c h w 3"]:
    """Return the filters of the first convolution over colours as pictures.

    If several convolutions read the input in parallel, the one with the largest kernel is used. A
    weight of 0 is grey; each filter is scaled so that its largest absolute weight is full colour.

    Raises:
        NoFilters: The network has no such convolution.
    """
    weights = [
        module.weight.detach().float().cpu()
        for module in (m.net.get_submodule(layer.module) for layer in m.layers.values())
        if isinstance(module, nn.Conv2d) and module.weight.shape[1] == 3
    ]
    if not weights:
        raise NoFilters(
            f"{m.title} does not begin with a convolution over colours; its filters can't be shown."
        )
    filters = max(weights, key=lambda weight: weight.shape[-1])
    largest = filters.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-9)
    pixels = 127.5 * (1 + filters / largest).permute(0, 2, 3, 1)
    return pixels.round().to(torch.uint8).numpy()
