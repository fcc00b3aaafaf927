"""Memory that runs out, and memory that is kept for the next pass."""

import ctypes
import os
from functools import cache

import torch

from core.errors import ZooscopeError


class OutOfMemory(ZooscopeError):
    """Even the least that can be computed at once does not fit."""


# glibc's <malloc.h>: the parameters of `mallopt`.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
# By which a host may set them.
HOSTS_OWN = (
    "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES",
)  # fmt: skip
# Bytes of a block that is asked of the system by itself, of free memory that goes back to it, and
# of what is to spare: a thread's memory is made of heaps of 64 MB, and one that is free goes back
# unless the one before it has less than this to spare.
ASKED = {M_MMAP_THRESHOLD: 2**30, M_TRIM_THRESHOLD: 2**29, M_TOP_PAD: 2**27}


@cache
def keep_freed() -> bool:
    """Have the C library keep what is freed for the next pass; whether it can.

    glibc gives large blocks back to the system at once, and the system hands them out anew page by
    page, each filled with zeros: on a small virtual machine that is half of the time a network
    takes. For the whole process; what the environment says of it goes before. Before 2.35 glibc
    refuses one of the three parameters, and keeps less.
    """
    if os.name != "posix" or any(name in os.environ for name in HOSTS_OWN):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    taken = [library.mallopt(parameter, value) for parameter, value in ASKED.items()]
    return all(taken)


def give_back() -> None:
    """Give what is freed and was kept back to the system."""
    if os.name == "posix" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def ran_out(error: RuntimeError) -> bool:
    """Whether it is memory that torch lacks; on a CPU it has no class of error of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
