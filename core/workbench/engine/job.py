"""Jobs: what engines run, with its progress and its result."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe

# Seconds after which a job is cancelled if no page has requested it again: its user has left.
ABANDONED_AFTER = 10.0


class JobState(Enum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class InternalError(ZooscopeError):
    """A computation failed by a fault of Zooscope itself; the log has the traceback."""


@dataclass(frozen=True)
class RecipeJob:
    """Recipes that a job computes in one call of their task.

    Plain data, so that an engine can send it to another machine.

    Attributes:
        task: The task's name.
        recipes: The recipes, which also name their inputs.
        cost: Rough number of seconds that it takes: of a session's jobs, that of lower cost is
            first.
    """

    task: str
    recipes: tuple[Recipe[Any], ...]
    cost: float = 1.0

    @property
    def lane(self) -> str:
        """Name of the local engine's queue for it."""
        return "compute"


@dataclass(frozen=True)
class BackgroundTask:
    """Work of this server that is not a recipe, such as a download or the check of an upload.

    Attributes:
        key: Identifies the task: requests with the same key share one job.
        start: Returns the generator to run.
        lane: Name of the local engine's queue for it: "download", "child" for work that waits for a
            child process, "training", or "compute" for work in the computing thread.
        cost: Rough number of seconds that it takes: of a session's jobs, that of lower cost is
            first.
    """

    key: str
    start: Callable[[], Steps[Any]]
    lane: str = "download"
    cost: float = 1.0


class Job:
    """Work that runs or waits to run, with its requesters, its progress and its result.

    Engines report to it, and pages read from it. Thread-safe.

    Args:
        work: The work.
        deliver: Called with the result before the job counts as done.

    Attributes:
        work: The work.
        state: The job's state.
        progress: The latest progress; None before the first step.
        previews: Number of previews so far; it changes with every new preview.
        result: The result of the work; None before the job is done.
        error: The error with which the job failed; None otherwise.
        settled_at: Time of the job's end, on the monotonic clock; None before.
    """

    def __init__(
        self,
        work: RecipeJob | BackgroundTask,
        deliver: Callable[[Any], None] = lambda result: None,
    ):
        self.work = work
        self.state = JobState.QUEUED
        self.progress: Progress | None = None
        self.previews = 0
        self.result: Any = None
        self.error: ZooscopeError | None = None
        self.settled_at: float | None = None
        self._deliver = deliver
        self._requested_at: dict[str, float] = {}
        self._dependents: set[Job] = set()
        self._lock = threading.Lock()
        self._settled = threading.Event()

    # For requesters

    def request(self, requester: str) -> None:
        """Record that a requester wants the result now."""
        with self._lock:
            self._requested_at[requester] = time.monotonic()

    def withdraw(self, requester: str) -> None:
        """Record that a requester no longer wants the result. Engines cancel unwanted jobs."""
        with self._lock:
            self._requested_at.pop(requester, None)

    def add_dependent(self, job: "Job") -> None:
        """Record that another job needs the result: this job is wanted as long as that job is."""
        with self._lock:
            self._dependents.add(job)

    def has_dependent(self, job: "Job") -> bool:
        """Return whether another job needs the result."""
        with self._lock:
            return job in self._dependents

    def is_requested_by(self, session: str) -> bool:
        """Return whether a session itself requested the result lately."""
        return session in self._requesters()

    @property
    def sessions(self) -> frozenset[str]:
        """The sessions that requested the result lately, or the result of a job that needs it."""
        with self._lock:
            dependents = [job for job in self._dependents if not job.settled]
        return self._requesters().union(*(job.sessions for job in dependents))

    @property
    def wanted(self) -> bool:
        """Whether any session wants the result."""
        return bool(self.sessions)

    @property
    def settled(self) -> bool:
        """Whether the job is done, failed or cancelled."""
        return self._settled.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has settled, at most `timeout` seconds; return whether it has."""
        return self._settled.wait(timeout)

    # For engines

    def report(self, progress: Progress) -> None:
        """Record the progress of a finished step."""
        self.state = JobState.RUNNING
        self.previews += progress.preview is not None
        self.progress = progress

    def finish(self, result: Any) -> None:
        """Deliver the result and settle.

        Raises:
            Exception: Whatever `deliver` raises. The job is not settled then.
        """
        self.result = result
        self._deliver(result)
        self._settle(JobState.DONE)

    def fail(self, error: ZooscopeError) -> None:
        """Settle with an error."""
        self.error = error
        self._settle(JobState.FAILED)

    def cancel(self) -> None:
        """Settle without a result."""
        self._settle(JobState.CANCELLED)

    def _requesters(self) -> frozenset[str]:
        """Return the sessions that requested the result itself lately."""
        now = time.monotonic()
        with self._lock:
            requested_at = self._requested_at.items()
            return frozenset(name for name, at in requested_at if now - at < ABANDONED_AFTER)

    def _settle(self, state: JobState) -> None:
        self.state = state
        self.settled_at = time.monotonic()
        self._settled.set()
