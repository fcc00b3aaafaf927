"""The interface of engines."""

from typing import Protocol, runtime_checkable

from core.workbench.engine.job import Job


@runtime_checkable
class Engine(Protocol):
    """Runs jobs whose work is a `RecipeJob`, on this machine or elsewhere.

    An engine calls `Job.report` after every step, and `Job.finish` or `Job.fail` at the end. If
    `Job.wanted` is false between two steps, it stops the job and calls `Job.cancel`.

    It shares its time between the sessions that want results (`Job.sessions`): a session with much
    to compute must not keep another one waiting for longer than a step. Of the jobs of a session,
    that of the lowest cost is first.
    """

    def submit(self, job: Job) -> None:
        """Queue a job."""
        ...

    def close(self) -> None:
        """Stop after the present steps. Unfinished jobs stay unfinished."""
        ...
