"""Blocking work as steps: it runs in a thread of its own and can be given up."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from core.steps import Progress, Steps

Given = TypeVar("Given")

# How often work that has nothing new to tell gives its engine a chance to cancel it.
HEARTBEAT = 0.2


class GivenUp(Exception):
    """Raised inside the work once nobody waits for it any more."""


class Count:
    """Bytes counted in one thread, read in another."""

    def __init__(self) -> None:
        self.bytes = 0
        self.stopped = False

    def meter(count) -> type:  # noqa: N805 - the class inside has a self of its own
        """A tqdm class that counts here, and ends its work once it was given up."""
        from tqdm import tqdm

        class Meter(tqdm):
            def __init__(self, *args: Any, **options: Any):
                super().__init__(*args, **options | {"disable": True})
                count.bytes = self.n

            def update(self, n: float | None = 1) -> None:
                if count.stopped:
                    raise GivenUp
                count.bytes += int(n or 0)

        return Meter


def in_thread_steps(work: Callable[[Count], Given], total: int = 1) -> Steps[Given]:
    """Run some work in a thread; the steps are the bytes it counts.

    Args:
        work: Takes the count to note its progress in.
        total: Bytes to come.
    """
    outcome: queue.Queue[tuple[Given | None, Exception | None]] = queue.Queue()
    count = Count()

    def run() -> None:
        try:
            outcome.put((work(count), None))
        except Exception as error:
            outcome.put((None, error))  # raised below, in the thread of who asked

    threading.Thread(target=run, daemon=True, name="background").start()
    try:
        while True:
            try:
                result, error = outcome.get(timeout=HEARTBEAT)
                break
            except queue.Empty:
                yield Progress(min(count.bytes, total), total)
    finally:
        count.stopped = True
    if error:
        raise error
    return result  # type: ignore[return-value]
