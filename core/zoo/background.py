"""Run blocking work, such as a download, in a thread, and report its progress as steps."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from core.steps import Progress, Steps

Output = TypeVar("Output")

# Seconds between two progress reports. Each report gives the engine a chance to cancel the work,
# also while the work itself has nothing new to report.
HEARTBEAT = 0.2


class Cancelled(Exception):
    """Raised inside the work when its caller has stopped waiting for the result."""


class ByteCounter:
    """A count of bytes that one thread updates and another reads.

    Attributes:
        bytes: Bytes counted so far.
        cancelled: True when the caller has stopped waiting; the work should raise `Cancelled`.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.cancelled = False

    def tqdm_class(counter) -> type:  # noqa: N805 - the class inside has a self of its own
        """Return a silent tqdm class that updates this counter and raises `Cancelled`."""
        from tqdm import tqdm

        class CountingBar(tqdm):
            def __init__(self, *args: Any, **options: Any):
                super().__init__(*args, **options | {"disable": True})
                counter.bytes = self.n

            def update(self, n: float | None = 1) -> None:
                if counter.cancelled:
                    raise Cancelled
                counter.bytes += int(n or 0)

        return CountingBar


def in_thread_steps(work: Callable[[ByteCounter], Output], total: int = 1) -> Steps[Output]:
    """Run blocking work in a thread and yield the bytes that it counts as progress.

    Closing the generator sets `ByteCounter.cancelled`.

    Args:
        work: Receives the counter in which it reports its progress, and returns the result.
        total: Bytes to expect.

    Returns:
        What `work` returns. An exception of `work` is raised in the caller's thread.
    """
    outcome: queue.Queue[tuple[Output | None, Exception | None]] = queue.Queue()
    counter = ByteCounter()

    def run() -> None:
        try:
            outcome.put((work(counter), None))
        except Exception as error:
            outcome.put((None, error))  # raised below, in the caller's thread

    threading.Thread(target=run, daemon=True, name="background").start()
    try:
        while True:
            try:
                result, error = outcome.get(timeout=HEARTBEAT)
                break
            except queue.Empty:
                yield Progress(min(counter.bytes, total), total)
    finally:
        counter.cancelled = True
    if error:
        raise error
    return result  # type: ignore[return-value]
