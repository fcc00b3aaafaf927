"""The size of a network as it is loaded: with its own head, and at its own input size."""

import math
from dataclasses import dataclass

from torch import nn

from core.zoo import Model


@dataclass(frozen=True)
class NetworkSize:
    """The size of a network; it does not depend on the machine.

    Attributes:
        parameters: Number of parameters.
        multiply_adds: Number of multiply-adds in convolutions and linear layers for one picture of
            the network's input size.
    """

    parameters: int
    multiply_adds: int


def network_size(m: Model) -> NetworkSize:
    """Count the parameters and multiply-adds of a network as it is loaded."""
    return NetworkSize(sum(parameter.numel() for parameter in m.net.parameters()), multiply_adds(m))


def multiply_adds(m: Model) -> int:
    """Count the multiply-adds of convolutions and linear layers for one picture.

    Each output value of such a layer is a sum over the values that its kernel covers. The products
    between positions in attention are not counted.
    """
    total = 0
    for layer in m.layers.values():
        module = m.net.get_submodule(layer.module)
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            per_output = module.in_channels // module.groups * math.prod(module.kernel_size)
        elif isinstance(module, nn.Linear):
            per_output = module.in_features
        else:
            continue
        total += math.prod(layer.shape) * per_output
    return total
