"""Runs jobs in threads of this process, one step at a time.

Two computations at once on two cores starve each other, because OpenMP's threads spin while they
wait: 6 pictures a second were measured instead of 465. So a single thread computes, with all cores.
After every step it continues with the session that it has computed least for (`Turns`), and among
the jobs of this session with the one of the lowest cost; jobs of equal cost take turns. So a
prediction waits for one step of another visitor's long computation, not for its end. Downloads and
child processes, which wait more than they compute, have separate threads.
"""

import atexit
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.host_memory import memory_limits
from core.memory import release_freed_memory
from core.steps import Steps
from core.threads import ThreadsByLoad
from core.workbench.engine.job import BackgroundTask, Job, RecipeJob
from core.workbench.engine.running_job import RunningJob
from core.workbench.engine.turns import Turns

# Number of threads of each lane, which is a queue of jobs. The memory limits that of "training".
LANES: Mapping[str, int] = MappingProxyType({"compute": 1, "download": 2, "child": 1})
# Seconds between two steps of a waiting job while no other job can run.
PAUSE = 0.05
# Seconds that a closing engine waits for the present steps.
LAST_STEP = 5.0
# Seconds after which a lane without jobs counts as idle. A page asks for its next results sooner.
IDLE_AFTER = 1.5


class LocalEngine:
    """Runs jobs in threads of this process.

    Args:
        start: Returns the generator that computes the recipes of a job.
        clock: Returns the present time in seconds, by which the time of a step is measured.
        on_idle: Called once whenever the computing thread has become idle after computing. It keeps
            freed memory for the next step (`core.memory`), which nothing else can use.
        before_step: Called by the computing thread before every step; by default it sets how many
            threads the step uses.
        idle_after: Seconds without a job after which the computing thread counts as idle.
    """

    def __init__(
        self,
        start: Callable[[RecipeJob, Job], Steps[Any]],
        clock: Callable[[], float] = time.perf_counter,
        on_idle: Callable[[], None] = release_freed_memory,
        before_step: Callable[[], None] | None = None,
        idle_after: float = IDLE_AFTER,
    ):
        self._start = start
        hooks = _Hooks(before_step or ThreadsByLoad().adjust, on_idle, idle_after)
        self._lanes = {
            name: _Lane(name, threads, clock, hooks if name == "compute" else _Hooks())
            for name, threads in (*LANES.items(), ("training", memory_limits().trainings))
        }
        # A thread that runs torch while the interpreter exits crashes the interpreter.
        atexit.register(self.close)

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._lanes[job.work.lane].add(RunningJob(job, lambda: self._steps(job)))

    def close(self) -> None:
        """Stop the threads after their present step. Unfinished jobs stay unfinished."""
        atexit.unregister(self.close)
        for lane in self._lanes.values():
            lane.close()

    def _steps(self, job: Job) -> Steps[Any]:
        if isinstance(job.work, BackgroundTask):
            return job.work.start()
        return self._start(job.work, job)


@dataclass(frozen=True)
class _Hooks:
    """What the threads of a lane call.

    Attributes:
        before_step: Called before every step.
        on_idle: Called once by a thread that has worked, and then found no job for `idle_after`
            seconds.
        idle_after: Seconds.
    """

    before_step: Callable[[], None] = lambda: None
    on_idle: Callable[[], None] | None = None
    idle_after: float = IDLE_AFTER


class _Lane:
    """A queue of jobs, and the threads that run them."""

    def __init__(
        self,
        name: str,
        threads: int,
        clock: Callable[[], float],
        hooks: _Hooks,
    ):
        # Jobs by the order in which they were queued.
        self._ready: dict[int, RunningJob] = {}
        self._parked: list[RunningJob] = []  # jobs that wait until another job ends
        self._queued = itertools.count()
        self._turns = Turns()
        self._clock = clock
        self._hooks = hooks
        self._running = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"engine-{name}")
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, running: RunningJob) -> None:
        with self._changed:
            self._queue(running)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(LAST_STEP)

    def _work(self) -> None:
        worked, on_idle = False, self._hooks.on_idle
        while not self._closed:
            turn = self._next(self._hooks.idle_after if worked and on_idle else None)
            if turn:
                self._run(*turn)
            elif on_idle and not self._closed:
                on_idle()
            worked = turn is not None

    def _run(self, running: RunningJob, session: str) -> None:
        self._hooks.before_step()
        started_at = self._clock()
        running.step()
        self._after(running, session, self._clock() - started_at)

    def _next(self, patience: float | None) -> tuple[RunningJob, str] | None:
        """Return the job whose turn it is and the session that the turn counts for.

        Returns:
            None if the lane was closed, or no job came for `patience` seconds.
        """
        with self._changed:
            came = self._changed.wait_for(lambda: self._ready or self._closed, patience)
            if not came or self._closed:
                return None
            sessions = {number: running.job.sessions for number, running in self._ready.items()}
            first = min(self._ready, key=lambda number: self._order(number, sessions[number]))
            self._running += 1
            return self._ready.pop(first), self._turns.start(sessions[first])

    def _order(self, number: int, sessions: frozenset[str]) -> tuple[float, float, int]:
        """Return what orders jobs. Those that nobody wants any more come first, to be cancelled."""
        return self._turns.virtual_time(sessions), self._ready[number].job.work.cost, number

    def _after(self, running: RunningJob, session: str, seconds: float) -> None:
        progress = running.job.progress
        with self._changed:
            self._turns.end(session, seconds)
            self._running -= 1
            waits = progress is not None and progress.waiting
            if running.job.settled:
                self._unpark()
            elif waits and (self._ready or self._running):
                self._parked.append(running)
            else:
                if waits:  # no job of this lane can end the wait
                    self._changed.wait(PAUSE)
                self._queue(running)

    def _unpark(self) -> None:
        for running in self._parked:
            self._queue(running)
        self._parked.clear()

    def _queue(self, running: RunningJob) -> None:
        self._ready[next(self._queued)] = running
        self._changed.notify()
