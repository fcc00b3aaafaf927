"""Detect that memory ran out, and keep freed memory for the next forward pass."""

import ctypes
import os
from functools import cache

import torch

from core.errors import ZooscopeError


class OutOfMemory(ZooscopeError):
    """Even the smallest possible batch does not fit into memory."""


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


def release_freed_memory() -> None:
    """Return freed memory that the C library kept to the system."""
    if os.name == "posix" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch raised this error because memory ran out.

    On a CPU, torch has no class for such errors; they are recognised by their message.
    """
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
