"""Runs jobs in threads of this process, one step at a time.

On two cores two computations at once starve each other: OpenMP's threads spin while they wait, and
6 pictures a second were measured instead of 465. So one thread computes, with all cores, and takes
turns between jobs at every step: the cheapest first, equals in turn. Half a second of prediction
thus waits for one step of a minute's ascent, not for the minute. Downloads and child processes,
which wait more than they compute, have lanes of their own.
"""

import atexit
import itertools
import threading
from collections.abc import Mapping
from types import MappingProxyType

from core.engine.job import Job

# Threads by lane.
LANES: Mapping[str, int] = MappingProxyType({"compute": 1, "download": 2, "child": 1})


# Seconds between two looks of a job that waits, with no other to go on with.
PAUSE = 0.05
# Seconds a closing engine waits for the steps that are being done.
LAST_STEP = 5.0


class LocalEngine:
    """Runs jobs in threads of this process."""

    def __init__(self, lanes: Mapping[str, int] = LANES):
        self._lanes = {name: _Lane(name, threads) for name, threads in lanes.items()}
        # A thread that is in the middle of torch when the interpreter goes takes it down with it.
        atexit.register(self.close)

    def submit(self, job: Job) -> None:
        """Take a job in; it starts when its turn comes."""
        self._lanes[job.lane].add(job)

    def close(self) -> None:
        """End the threads after their present step; jobs left over are never run."""
        atexit.unregister(self.close)
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    """Jobs that share some threads."""

    def __init__(self, name: str, threads: int):
        self._ready: list[tuple[float, int, Job]] = []
        self._parked: list[Job] = []  # wait for memory, until another job ends
        self._turn = itertools.count()
        self._running = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"engine-{name}")
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, job: Job) -> None:
        with self._changed:
            self._queue(job)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(LAST_STEP)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job.step()
            self._after(job)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._ready and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            first = min(self._ready)
            self._ready.remove(first)
            self._running += 1
            return first[-1]

    def _after(self, job: Job) -> None:
        with self._changed:
            self._running -= 1
            waits = job.progress is not None and job.progress.waiting
            if job.settled:
                self._unpark()
            elif waits and (self._ready or self._running):
                self._parked.append(job)
            else:
                if waits:  # for something outside this lane
                    self._changed.wait(PAUSE)
                self._queue(job)

    def _unpark(self) -> None:
        for job in self._parked:
            self._queue(job)
        self._parked.clear()

    def _queue(self, job: Job) -> None:
        # The turn tells equals apart, so that jobs themselves are never compared.
        self._ready.append((job.cost, next(self._turn), job))
        self._changed.notify()
