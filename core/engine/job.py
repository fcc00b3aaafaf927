"""A computation on its way: what an engine runs and a page watches."""

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from core.errors import ZooscopeError
from core.steps import Progress, Steps

# Seconds after which a job that no page has asked after is cancelled: its user has gone.
ABANDONED_AFTER = 10.0

log = logging.getLogger(__name__)


class JobState(Enum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class InternalError(ZooscopeError):
    """A fault of Zooscope's own; the log has the trace."""


class Job:
    """A generator with those who wait for it.

    Args:
        start: Makes the generator.
        lane: Which of the engine's lanes it runs in.
        cost: Cheaper jobs go first.
        deliver: Called with the result before the job counts as done.

    Attributes:
        state: Where it stands.
        progress: Its latest, None before the first step.
        result: What the generator returned, once done.
        error: Why it failed.
        settled_at: When it ended, on the monotonic clock.
    """

    def __init__(
        self,
        start: Callable[[], Steps[Any]],
        lane: str = "compute",
        cost: float = 1.0,
        deliver: Callable[[Any], None] = lambda result: None,
    ):
        self.lane = lane
        self.cost = cost
        self.state = JobState.QUEUED
        self.progress: Progress | None = None
        self.error: ZooscopeError | None = None
        self.result: Any = None
        self.settled_at: float | None = None
        self._start = start
        self._deliver = deliver
        self._steps: Steps[Any] | None = None
        self._askers: dict[str, float] = {}
        self._served: set[Job] = set()
        self._lock = threading.Lock()
        self._settled = threading.Event()

    @property
    def settled(self) -> bool:
        """Done, failed or cancelled."""
        return self._settled.is_set()

    def ask(self, asker: str) -> None:
        """Note that someone wants the result."""
        with self._lock:
            self._askers[asker] = time.monotonic()

    def leave(self, asker: str) -> None:
        """Note that someone no longer wants it; with the last one gone the job is cancelled."""
        with self._lock:
            self._askers.pop(asker, None)

    def serve(self, job: "Job") -> None:
        """Note that another job needs the result: it is wanted as long as that one is."""
        with self._lock:
            self._served.add(job)

    def serves(self, job: "Job") -> bool:
        """Whether another job needs the result."""
        with self._lock:
            return job in self._served

    @property
    def wanted(self) -> bool:
        """Somebody asked lately, or a job that is wanted needs the result."""
        with self._lock:
            asked, served = list(self._askers.values()), list(self._served)
        now = time.monotonic()
        return any(now - then < ABANDONED_AFTER for then in asked) or any(
            job.wanted and not job.settled for job in served
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has settled; tells whether it has."""
        return self._settled.wait(timeout)

    def step(self) -> None:
        """Do one step, or stop if nobody wants the result any more. For one thread at a time."""
        if not self.wanted:
            self._settle(JobState.CANCELLED)
            return
        try:
            if self._steps is None:
                self._steps = self._start()
                self.state = JobState.RUNNING
            self.progress = next(self._steps)
        except StopIteration as stop:
            self._finish(stop.value)
        except ZooscopeError as error:
            self._fail(error)
        except Exception as error:
            # Whatever a method raises ends its job, not the engine; the user hears of it.
            log.exception("A computation failed.")
            self._fail(InternalError(f"The computation failed ({type(error).__name__}: {error})."))

    def _finish(self, result: Any) -> None:
        self.result = result
        try:
            self._deliver(result)
        except Exception as error:
            log.exception("A result could not be delivered.")
            self._fail(InternalError(f"The result could not be kept ({error})."))
        else:
            self._settle(JobState.DONE)

    def _fail(self, error: ZooscopeError) -> None:
        self.error = error
        self._settle(JobState.FAILED)

    def _settle(self, state: JobState) -> None:
        try:
            if self._steps is not None:
                self._steps.close()
        except Exception:
            log.exception("A computation could not clean up.")
        self.state = state
        self.settled_at = time.monotonic()
        self._settled.set()
