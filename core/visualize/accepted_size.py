"""The sizes of pictures that a network accepts."""

import torch

from core import memory, probe
from core.errors import ZooscopeError
from core.layer_tracing import SIZE_ERRORS
from core.layers import LOGITS, find_layers
from core.zoo import Model

# Sides whose multiples networks with windows or patches accept.
DIVISORS = (32, 64, 128)


class BadSize(ZooscopeError):
    """The network does not accept pictures of this size; the message has one that it accepts."""


def accepted_size(m: Model, wanted: int, layers: list[str]) -> int:
    """Return the side of a picture that a network accepts: the wanted one, or a larger one.

    Some networks accept only their own input size, some only multiples of a number of pixels.

    Args:
        m: The network.
        wanted: The wanted side in pixels.
        layers: Names of the layers that have to be computed, or "logits".

    Raises:
        BadSize: The network accepts no square picture.
    """
    own = max(m.input_size[1:])
    multiples = [-(-wanted // divisor) * divisor for divisor in DIVISORS]
    for size in [wanted, *(each for each in multiples if wanted < each < own), own]:
        if accepts(m, size, layers):
            return size
    raise BadSize(f"{m.name} accepts no square pictures; choose another network.")


def check_size(m: Model, size: int, layers: list[str]) -> None:
    """Raise an error if a network does not accept square pictures of this side.

    Raises:
        BadSize: It does not; the message has a side that it accepts.
    """
    if not accepts(m, size, layers):
        raise BadSize(
            f"{m.name} does not accept pictures of {size} pixels; choose"
            f" {accepted_size(m, size, layers)}."
        )


def accepts(m: Model, size: int, layers: list[str]) -> bool:
    """Return whether a network can compute these layers for a square picture of this side."""
    inner = find_layers(m.layers, [name for name in layers if name != LOGITS])
    parameter = next(m.net.parameters())
    x = parameter.new_zeros(1, m.input_size[0], size, size)
    stop = LOGITS not in layers
    try:
        with m.borrow() as net, torch.no_grad(), probe.Probe(net, inner, stop) as reading:
            reading.run(x)
    except SIZE_ERRORS as error:
        if isinstance(error, RuntimeError) and memory.is_out_of_memory(error):
            raise
        return False
    return True
