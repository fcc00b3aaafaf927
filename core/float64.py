"""float64, in which sums are exact enough to compare, also for devices that lack it."""

from torch import Tensor


def to_float64(tensor: Tensor) -> Tensor:
    """Return a tensor in float64; Apple's GPUs have no float64, so theirs moves to the CPU."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
