"""Runs the generator of a job step by step, in this process."""

import logging
from collections.abc import Callable
from typing import Any

from core.errors import ZooscopeError
from core.steps import Steps
from core.workbench.engine.job import InternalError, Job

log = logging.getLogger(__name__)


class RunningJob:
    """Runs the generator of a job step by step. Not thread-safe.

    Args:
        job: The job, which receives the progress and the outcome.
        start: Returns the generator.
    """

    def __init__(self, job: Job, start: Callable[[], Steps[Any]]):
        self.job = job
        self._start = start
        self._steps: Steps[Any] | None = None

    def step(self) -> None:
        """Run the next step, or cancel the job if nobody wants it any more."""
        if not self.job.wanted:
            self._close()
            self.job.cancel()
            return
        try:
            if self._steps is None:
                self._steps = self._start()
            self.job.report(next(self._steps))
        except StopIteration as stop:
            self._finish(stop.value)
        except ZooscopeError as error:
            self._fail(error)
        except Exception as error:
            # Any other exception ends its job and not the engine; the page shows it.
            log.exception("A computation failed.")
            self._fail(InternalError(_failure("The computation failed", error)))

    def _finish(self, result: Any) -> None:
        self._close()
        try:
            self.job.finish(result)
        except Exception as error:
            log.exception("A result could not be delivered.")
            self.job.fail(InternalError(_failure("The result could not be stored", error)))

    def _fail(self, error: ZooscopeError) -> None:
        self._close()
        self.job.fail(error)

    def _close(self) -> None:
        """Close the generator, so that it cleans up."""
        try:
            if self._steps is not None:
                self._steps.close()
        except Exception:
            log.exception("A computation could not clean up.")


def _failure(what: str, error: Exception) -> str:
    """Return a message for visitors; an unexpected error's own text may hold the server's paths."""
    return f"{what} ({type(error).__name__}). The server's log has the reason."
