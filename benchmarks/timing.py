"""Seconds: ours as the app has it, the peers' as their users have it."""

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from core import memory

Made = TypeVar("Made")
# What glibc comes to by itself once a large block was freed (mallopt(3)): blocks over 32 MB are
# asked of the system each by itself, and what is free beyond 64 MB goes back to it.
ITS_OWN = {
    memory.M_MMAP_THRESHOLD: 2**25, memory.M_TRIM_THRESHOLD: 2**26, memory.M_TOP_PAD: 2**17,
}  # fmt: skip


def timed(make: Callable[[], Made]) -> tuple[Made, float]:
    """A result and the seconds it took."""
    start = time.perf_counter()
    result = make()
    return result, time.perf_counter() - start


def timed_peer(make: Callable[[], Made]) -> tuple[Made, float]:
    """The same without what Zooscope asks of the C library, which is for the whole process."""
    with _as_it_comes():
        return timed(make)


@contextmanager
def _as_it_comes() -> Iterator[None]:
    if not memory.keep_freed():
        yield
        return
    library = ctypes.CDLL(None)
    try:
        for parameter, value in ITS_OWN.items():
            library.mallopt(parameter, value)
        yield
    finally:
        for parameter, value in memory.ASKED.items():
            library.mallopt(parameter, value)
