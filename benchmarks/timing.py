"""Measure seconds: Zooscope with the memory settings of the app, peers with the defaults."""

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from core import memory

Result = TypeVar("Result")
# The values that glibc reaches by itself once a large block was freed (mallopt(3)): it requests
# blocks over 32 MB from the system one by one, and returns free memory beyond 64 MB to it.
GLIBC_DEFAULTS = {
    memory.M_MMAP_THRESHOLD: 2**25, memory.M_TRIM_THRESHOLD: 2**26, memory.M_TOP_PAD: 2**17,
}  # fmt: skip


def timed(compute: Callable[[], Result]) -> tuple[Result, float]:
    """Return the result of a computation and the seconds it took."""
    start = time.perf_counter()
    result = compute()
    return result, time.perf_counter() - start


def timed_peer(compute: Callable[[], Result]) -> tuple[Result, float]:
    """Time a computation of a peer, with glibc's own memory settings instead of Zooscope's.

    The settings hold for the whole process, so that a peer would otherwise profit from them.
    """
    with _default_memory_settings():
        return timed(compute)


@contextmanager
def _default_memory_settings() -> Iterator[None]:
    if not memory.keep_freed_memory():
        yield
        return
    library = ctypes.CDLL(None)
    try:
        for parameter, value in GLIBC_DEFAULTS.items():
            library.mallopt(parameter, value)
        yield
    finally:
        for parameter, value in memory.MALLOC_SETTINGS.items():
            library.mallopt(parameter, value)
