"""Measure the time and the memory that a hostile input takes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from core.errors import ZooscopeError

# Seconds between two looks at the memory.
LOOK_EVERY = 0.005
# Characters of an answer that are printed.
ANSWER_LENGTH = 90


@dataclass(frozen=True)
class Case:
    """A hostile input.

    Attributes:
        name: What it is.
        make: Makes it.
        use: Gives it to Zooscope, and returns what it answers. May raise a ZooscopeError.
    """

    name: str
    make: Callable[[], bytes]
    use: Callable[[bytes], str]


class Memory:
    """The resident memory of this process and its children, in MB.

    Attributes:
        before: At the start.
        peak: The most since then.
    """

    def __init__(self) -> None:
        self.before = self.peak = resident_megabytes()

    def look(self) -> None:
        """Record the memory of now."""
        self.peak = max(self.peak, resident_megabytes())


def run(case: Case) -> None:
    """Use an input, and print its size, the seconds and MB that it took, and the answer."""
    data = case.make()
    with watched_memory() as memory:
        start = time.perf_counter()
        try:
            answer = case.use(data)
        except ZooscopeError as error:
            answer = f"refused: {getattr(error, 'reason', error)}"
        seconds = time.perf_counter() - start
    size, more = f"{len(data) / 1e6:.1f} MB", memory.peak - memory.before
    print(
        f"{case.name:<44}{size:>9}{seconds:>8.2f} s{more:>6.0f} MB  {answer[:ANSWER_LENGTH]}",
        flush=True,
    )


@contextmanager
def watched_memory() -> Iterator[Memory]:
    """Watch the memory while the body runs."""
    memory, stop = Memory(), threading.Event()

    def watch() -> None:
        while not stop.wait(LOOK_EVERY):
            memory.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        stop.set()
        watcher.join()


def resident_megabytes() -> float:
    """Return the resident memory of this process and its living children."""
    total = 0
    process = psutil.Process()
    for member in [process, *process.children()]:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # it has just ended
    return total / 1e6
