"""The registry of jobs: which job computes which result, and how far it is."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

from core.errors import ZooscopeError
from core.steps import Progress
from core.workbench.engine.job import Job, JobState
from core.workbench.recipes import Value

# Seconds for which the registry keeps an ended job, so that pages see its outcome and a failed
# computation is not repeated at every rerun.
REMEMBERED = 30.0


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """The present result, error or progress of a recipe or a background task.

    Attributes:
        result: The result; None before the job is done.
        error: The error with which the job failed; None otherwise.
        progress: The progress of the job under way; None before its first step.
        previews: Number of the job's previews so far; it changes with every new preview.
        stored: Whether no job was needed, since the result was stored.
        other_sessions: Number of other sessions with which the job under way takes turns.
    """

    result: Value | None = None
    error: ZooscopeError | None = None
    progress: Progress | None = None
    previews: int = 0
    stored: bool = False
    other_sessions: int = 0

    @property
    def done(self) -> bool:
        """Whether there is a result or an error."""
        return self.result is not None or self.error is not None

    @property
    def preview(self) -> Any:
        """The latest intermediate result, to show meanwhile; None if there is none."""
        return self.progress.preview if self.progress else None


class JobRegistry:
    """The jobs under way, and those that ended lately, by the keys of their results.

    Not thread-safe: callers hold a lock.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def answers(self, keys: Iterable[str], requester: str | Job) -> dict[str, Answer[Any]]:
        """Return the answers to the keys that have a job, and record the request.

        Args:
            keys: Keys of results.
            requester: Id of a session, or a job that needs the results.
        """
        self._forget_ended()
        answers = {key: self._answer(key, requester) for key in keys if key in self._jobs}
        under_way = [key for key, answer in answers.items() if not answer.done]
        for key, number in self._other_sessions(under_way, requester).items():
            answers[key] = replace(answers[key], other_sessions=number)
        return answers

    def add(self, job: Job, keys: Iterable[str], requester: str | Job) -> None:
        """Register a job that computes the results of these keys.

        The job's result is a mapping by key, or anything else for a job with a single key.
        """
        _record_request(job, requester)
        self._jobs.update(dict.fromkeys(keys, job))

    def under_way(self, keys: Iterable[str]) -> set[Job]:
        """Return the jobs of these keys that have not ended."""
        jobs = {self._jobs[key] for key in keys if key in self._jobs}
        return {job for job in jobs if not job.settled}

    def requested_by(self, session: str) -> set[Job]:
        """Return the jobs under way that a session itself has requested lately."""
        return {job for job in self._unsettled() if job.is_requested_by(session)}

    def withdraw(self, keys: Iterable[str], requester: str) -> None:
        """Record that a requester no longer wants these results.

        A job that nobody wants stops at its next step. It is forgotten at once, so that a new
        request starts a new job.
        """
        for job in self.under_way(keys):
            job.withdraw(requester)
            if not job.wanted:
                self._jobs = {key: kept for key, kept in self._jobs.items() if kept is not job}

    def forget_ended(self, keys: Iterable[str]) -> None:
        """Forget ended jobs of these keys, so that the next request starts new ones."""
        for key in keys:
            if key in self._jobs and self._jobs[key].settled:
                del self._jobs[key]

    def _unsettled(self) -> set[Job]:
        return {job for job in self._jobs.values() if not job.settled}

    def _other_sessions(self, keys: Sequence[str], requester: str | Job) -> dict[str, int]:
        """Return for each key the number of other sessions that want results of the same lane."""
        if not keys or isinstance(requester, Job):
            return {}
        sessions: defaultdict[str, set[str]] = defaultdict(set)
        for job in self._unsettled():
            sessions[job.work.lane] |= job.sessions
        return {key: len(sessions[self._jobs[key].work.lane] - {requester}) for key in keys}

    def _answer(self, key: str, requester: str | Job) -> Answer[Any]:
        job = self._jobs[key]
        _record_request(job, requester)
        if job.state is not JobState.DONE:
            progress = _progress_of(self._progress(job), key)
            return Answer(error=job.error, progress=progress, previews=job.previews)
        outcome = job.result[key] if isinstance(job.result, Mapping) else job.result
        if isinstance(outcome, ZooscopeError):
            return Answer(error=outcome)
        return Answer(outcome)

    def _progress(self, job: Job) -> Progress | None:
        """Return a job's progress; if it waits for other jobs, that of the first of these."""
        if job.progress is None or not job.progress.waiting:
            return job.progress
        inputs = [needed for needed in self._jobs.values() if needed.has_dependent(job)]
        under_way = (self._progress(needed) for needed in inputs if not needed.settled)
        first = next(filter(None, under_way), job.progress)
        return replace(first, preview=None, note=first.note or job.progress.note)

    def _forget_ended(self) -> None:
        """Forget cancelled jobs at once, and other ended jobs after a while."""
        now = time.monotonic()
        self._jobs = {
            key: job
            for key, job in self._jobs.items()
            if job.settled_at is None
            or (job.state is not JobState.CANCELLED and now - job.settled_at < REMEMBERED)
        }


def _record_request(job: Job, requester: str | Job) -> None:
    if isinstance(requester, Job):
        job.add_dependent(requester)
    else:
        job.request(requester)


def _progress_of(progress: Progress | None, key: str) -> Progress | None:
    """Return a job's progress with only the preview of this key."""
    if progress is None or not isinstance(progress.preview, Mapping):
        return progress
    return replace(progress, preview=progress.preview.get(key))
