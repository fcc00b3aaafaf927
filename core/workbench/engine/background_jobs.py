"""Jobs that are not recipes: downloads, and checking what visitors upload."""

from contextlib import AbstractContextManager
from typing import Any

from core.errors import ZooscopeError
from core.workbench.engine.job import BackgroundTask, Job
from core.workbench.engine.job_registry import Answer, JobRegistry
from core.workbench.engine.local import LocalEngine

# Background tasks that a session may have under way: with four networks, a page may ask for the
# sizes of all their weights and of a picture set, and download all of them.
MAX_TASKS = 16


class TooManyTasks(ZooscopeError):
    """A session has too many background tasks under way."""


class BackgroundJobs:
    """Starts background tasks and reports their state, by key. Their results are not stored.

    Args:
        engine: Runs them. Always the local engine, since the tasks change this server.
        registry: The registry of all jobs.
        lock: The lock of the registry.
    """

    def __init__(
        self, engine: LocalEngine, registry: JobRegistry, lock: AbstractContextManager[Any]
    ):
        self._engine = engine
        self._registry = registry
        self._lock = lock

    def ask(self, task: BackgroundTask, requester: str) -> Answer[Any]:
        """Return the state of a task, and start it if it is not under way.

        The answer has the error `TooManyTasks`, and the task is not started, if the session has
        `MAX_TASKS` under way.
        """
        with self._lock:
            answer = self._registry.answers([task.key], requester).get(task.key)
            return answer or self._start(task, requester)

    def state(self, key: str, requester: str) -> Answer[Any] | None:
        """Return the state of a task that any session has started; None if there is none."""
        with self._lock:
            return self._registry.answers([key], requester).get(key)

    def withdraw(self, key: str, requester: str) -> None:
        """Withdraw a requester's task; it is cancelled if nobody else wants it."""
        with self._lock:
            self._registry.withdraw([key], requester)

    def forget(self, *keys: str) -> None:
        """Forget how tasks ended, so that the next `ask` starts them again."""
        with self._lock:
            self._registry.forget_ended(keys)

    def _start(self, task: BackgroundTask, requester: str) -> Answer[Any]:
        jobs = self._registry.requested_by(requester)
        if sum(isinstance(job.work, BackgroundTask) for job in jobs) >= MAX_TASKS:
            return Answer(error=TooManyTasks(
                f"{MAX_TASKS} of your downloads and uploads are under way, and that is the limit."
                " Wait until one has ended, or cancel one."
            ))  # fmt: skip
        job = Job(task)
        self._registry.add(job, [task.key], requester)
        self._engine.submit(job)
        return Answer()
