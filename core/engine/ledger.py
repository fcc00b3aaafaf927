"""Which job will bring what, and what can be said of it now."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.engine.job import Job, JobState
from core.engine.local import LocalEngine
from core.errors import ZooscopeError
from core.steps import Progress

# Seconds for which an ended job still answers: its pages learn of its end, and a failure is not
# tried again at every rerun.
REMEMBERED = 30.0


@dataclass(frozen=True)
class Answer:
    """What can be said of a recipe, or of a download, now.

    Attributes:
        result: Once it is there.
        error: Where it failed.
        progress: Of the job under way; None before its first step.
        stored: The result was there before it was asked for.
    """

    result: Any = None
    error: ZooscopeError | None = None
    progress: Progress | None = None
    stored: bool = False

    @property
    def done(self) -> bool:
        """There is a result or an error."""
        return self.result is not None or self.error is not None


class Ledger:
    """Jobs by the keys of what they bring. Its owner locks it."""

    def __init__(self, engine: LocalEngine):
        self._engine = engine
        self._jobs: dict[str, Job] = {}

    def answers(self, keys: Iterable[str], asker: str | Job) -> dict[str, Answer]:
        """What jobs say of these keys, noting who asked; nothing of keys without a job.

        Args:
            keys: Of what is wanted.
            asker: A page, or a job that can't go on without.
        """
        self._forget_ended()
        return {key: self._answer(key, asker) for key in keys if key in self._jobs}

    def _answer(self, key: str, asker: str | Job) -> Answer:
        job = self._jobs[key]
        if isinstance(asker, Job):
            job.serve(asker)
        else:
            job.ask(asker)
        if job.state is not JobState.DONE:
            return Answer(error=job.error, progress=_own(self._told(job), key))
        outcome = job.result[key] if isinstance(job.result, Mapping) else job.result
        if isinstance(outcome, ZooscopeError):
            return Answer(error=outcome)
        return Answer(outcome)

    def _told(self, job: Job) -> Progress | None:
        """A job's progress; of one that waits for others, that of the first under way."""
        if job.progress is None or not job.progress.waiting:
            return job.progress
        needed = [other for other in self._jobs.values() if other.serves(job)]
        told = (self._told(other) for other in needed if not other.settled)
        first = next(filter(None, told), job.progress)
        return replace(first, preview=None, note=first.note or job.progress.note)

    def start(self, job: Job, keys: Iterable[str], asker: str | Job) -> None:
        """Run a job that brings an outcome for each of these keys: one for all, or a mapping."""
        if isinstance(asker, Job):
            job.serve(asker)
        else:
            job.ask(asker)
        self._jobs.update(dict.fromkeys(keys, job))
        self._engine.submit(job)

    def under_way(self, keys: Iterable[str]) -> set[Job]:
        """The jobs of these keys that have not ended."""
        jobs = {self._jobs[key] for key in keys if key in self._jobs}
        return {job for job in jobs if not job.settled}

    def leave(self, keys: Iterable[str], asker: str) -> None:
        """Stop wanting these; what nobody wants ends at its next step, and would start anew."""
        for job in self.under_way(keys):
            job.leave(asker)
            if not job.wanted:
                self._jobs = {key: other for key, other in self._jobs.items() if other is not job}

    def forget_failures(self, keys: Iterable[str]) -> None:
        """Let these be tried again."""
        for key in keys:
            if key in self._jobs and self._jobs[key].settled:
                del self._jobs[key]

    def _forget_ended(self) -> None:
        """Let go of cancelled jobs at once, and of other ended ones after a while."""
        now = time.monotonic()
        self._jobs = {
            key: job
            for key, job in self._jobs.items()
            if job.settled_at is None
            or (job.state is not JobState.CANCELLED and now - job.settled_at < REMEMBERED)
        }


def _own(progress: Progress | None, key: str) -> Progress | None:
    """A job's progress with what it shows of this key alone."""
    if progress is None or not isinstance(progress.preview, Mapping):
        return progress
    return replace(progress, preview=progress.preview.get(key))
