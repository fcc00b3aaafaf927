"""Memory: smaller batches where it runs out, and freed memory kept for the next forward pass."""

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor

from core.errors import ZooscopeError
from core.steps import Steps

Result = TypeVar("Result")
Item = TypeVar("Item")


class OutOfMemory(ZooscopeError):
    """Even the smallest possible batch does not fit into memory."""


# Parts of the messages of errors for which torch has no class: of a CPU, of Apple's GPUs, and of
# the libraries that a GPU of NVIDIA computes with.
OUT_OF_MEMORY_MESSAGES = (
    "can't allocate memory", "MPS backend out of memory", "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)  # fmt: skip
SINGLE_PICTURE = "a single picture"
# glibc's <malloc.h>: the parameters of `mallopt`.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
# Environment variables with which the host of Zooscope can set the same parameters; they take
# precedence.
HOST_VARIABLES = (
    "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES",
)  # fmt: skip
# In bytes. M_MMAP_THRESHOLD: larger blocks are requested from the system one by one, and returned
# as soon as they are free. M_TRIM_THRESHOLD: more free memory than this is returned to the system.
# M_TOP_PAD: a reserve. The memory of a thread consists of heaps of 64 MB; a free heap is returned
# only if the heap before it has this reserve, so with more than 64 MB it never is.
MALLOC_SETTINGS = {M_MMAP_THRESHOLD: 2**30, M_TRIM_THRESHOLD: 2**29, M_TOP_PAD: 2**27}


@cache
def keep_freed_memory() -> bool:
    """Make the C library keep freed memory for the next forward pass.

    By default, glibc returns large blocks to the system as soon as they are free. The next pass
    requests them again, and the system fills each page with zeros: on a small virtual machine this
    takes half of a network's time. The settings hold for the whole process. Environment variables
    that set the same parameters take precedence.

    Returns:
        Whether the C library accepted every setting. glibc before 2.35 rejects one of the three,
        and keeps less memory.
    """
    if os.name != "posix" or any(name in os.environ for name in HOST_VARIABLES):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    accepted = [library.mallopt(parameter, value) for parameter, value in MALLOC_SETTINGS.items()]
    return all(accepted)


def compute_in_batches(
    compute: Callable[..., Result], rows: Sequence[Tensor], size: int
) -> tuple[Result, int]:
    """Compute rows batch by batch and join the results; halve the batches where memory runs out.

    Args:
        compute: Takes a batch of each tensor. Returns a tensor with a row for each row of the
            batch, or a tuple, list or dictionary of such tensors.
        rows: Tensors with equally many rows.
        size: Number of rows in a batch, at least 1.

    Returns:
        The results of all rows, and the number of rows in the last batches.

    Raises:
        OutOfMemory: Not even a single row fits.
    """
    results: list[Result] = []
    start = 0
    while start < len(rows[0]) or not results:
        batch = [each[start : start + size] for each in rows]
        fitting = _compute_if_it_fits(compute, batch)
        if fitting:
            results += fitting
            start += size
        else:  # here no error keeps the tensors of the failed pass any more
            release_freed_memory()
            size = len(batch[0]) // 2
    return _join(results), size


def steps_in_halves(
    compute: Callable[[Sequence[Item]], Steps[Result]],
    items: Sequence[Item],
    single: str = SINGLE_PICTURE,
) -> Steps[list[Result]]:
    """Compute items together, step by step; if memory runs out, compute each half on its own.

    Args:
        compute: Starts the computation of some of the items.
        items: At least one item.
        single: What a single item is, for the error message.

    Returns:
        The result of each part, in order.

    Raises:
        OutOfMemory: Not even a single item fits.
    """
    try:
        return [(yield from compute(items))]
    except RuntimeError as error:
        _require_more_than_one(len(items), error, single)
    release_freed_memory()
    middle = len(items) // 2
    first = yield from steps_in_halves(compute, items[:middle], single)
    second = yield from steps_in_halves(compute, items[middle:], single)
    return [*first, *second]


def free_gpu_memory(device: torch.device) -> int:
    """Return the bytes that a GPU has left for this process, with those that torch keeps unused."""
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def release_freed_memory() -> None:
    """Return freed memory to the system: what the C library kept, and what torch kept on a GPU."""
    torch.accelerator.empty_cache()  # does nothing without a GPU
    if os.name == "posix" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch raised this error because memory ran out.

    Where torch has no class for such errors, they are recognised by their message.
    """
    return isinstance(error, torch.OutOfMemoryError) or any(
        message in str(error) for message in OUT_OF_MEMORY_MESSAGES
    )


def _compute_if_it_fits(
    compute: Callable[..., Result], batch: Sequence[Tensor]
) -> tuple[Result, ...]:
    """Return the result of a batch as a tuple of one; an empty tuple if memory ran out."""
    try:
        return (compute(*batch),)
    except RuntimeError as error:
        _require_more_than_one(len(batch[0]), error, SINGLE_PICTURE)
        return ()


def _require_more_than_one(count: int, error: RuntimeError, single: str) -> None:
    """Raise an error again unless memory ran out for a computation that can be halved."""
    if not is_out_of_memory(error):
        raise error
    if count <= 1:
        raise OutOfMemory(
            f"There is not enough memory for {single}. Choose smaller pictures or a smaller"
            " network, or set ZOOSCOPE_DEVICE=cpu on the machine that runs Zooscope."
        ) from error


def _join(results: Sequence[Any]) -> Any:
    """Join the results of several batches, which are tensors or collections of tensors."""
    first = results[0]
    if len(results) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat(list(results))
    if isinstance(first, dict):
        return {key: _join([result[key] for result in results]) for key in first}
    return tuple(_join(parts) for parts in zip(*results, strict=True))
