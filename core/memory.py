"""Memory that runs out."""

import torch

from core.errors import ZooscopeError


class OutOfMemory(ZooscopeError):
    """Even the least that can be computed at once does not fit."""


def ran_out(error: RuntimeError) -> bool:
    """Whether it is memory that torch lacks; on a CPU it has no class of error of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
