"""Construct a folder's network on trial, and stop as soon as it is larger than its weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from core.zoo.weights_header import WeightsHeader

# How much more than its weights file holds a network may create while it is constructed. It also
# creates buffers that are not saved and intermediate results; see tests/zoo/test_construction.py.
MAX_FACTOR = 4
MORE_TENSORS, MORE_VALUES = 1_000, 5_000_000


class NetworkTooLarge(ValueError):
    """A network that is under construction is larger than its weights file."""


def check_construction(construct: Callable[[], nn.Module], header: WeightsHeader) -> None:
    """Construct a network without memory for its tensors, and stop where it becomes too large.

    Arguments in a config can make an architecture of any size, and a weights file cannot: so the
    number of tensors and values in the file limits what the constructor may create.

    Args:
        construct: Constructs the network.
        header: What the weights file holds.

    Raises:
        NetworkTooLarge: The network does not fit the file.
    """
    with torch.device("meta"), _Limit(header):
        construct()


class _Limit(TorchDispatchMode):
    """Counts the tensors that the present thread creates, and raises where they are too many."""

    def __init__(self, header: WeightsHeader):
        super().__init__()
        self._tensors = MAX_FACTOR * header.tensors + MORE_TENSORS
        self._values = MAX_FACTOR * header.values + MORE_VALUES

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Say no: torch would wrap the method below, and import its compiler (160 MB) for that."""
        return False

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if function._schema.is_mutable and torch.Tag.nondeterministic_seeded in function.tags:
            return args[0]  # draws initial weights: there are no values, and torch imports sympy
        created = function(*args, **(kwargs or {}))
        if isinstance(created, Tensor) and not (function.is_view or function._schema.is_mutable):
            self._tensors -= 1
            self._values -= created.numel()
            if self._tensors < 0 or self._values < 0:
                raise NetworkTooLarge("the config describes a larger network than the weights")
        return created
