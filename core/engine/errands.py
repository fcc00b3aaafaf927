"""Jobs that are no recipes: downloads, and looking through what visitors give."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from core.engine.job import Job
from core.engine.ledger import Answer, Ledger
from core.steps import Steps


class Errands:
    """Jobs by a key each, whose results are told and not stored.

    Args:
        ledger: Has all jobs.
        lock: The ledger's.
    """

    def __init__(self, ledger: Ledger, lock: AbstractContextManager[Any]):
        self._ledger = ledger
        self._lock = lock

    def ask(
        self,
        key: str,
        start: Callable[[], Steps[Any]],
        asker: str,
        lane: str = "download",
        cost: float = 1.0,
    ) -> Answer:
        """How far a job is; started where there is none.

        Args:
            key: What it is called.
            start: Makes it.
            asker: Who wants it: it stops when nobody has asked for ten seconds.
            lane: Which of the engine's lanes it runs in.
            cost: Cheaper jobs go first.
        """
        with self._lock:
            answer = self._ledger.answers([key], asker).get(key)
            if answer is None:
                self._ledger.start(Job(start, lane, cost), [key], asker)
            return answer or Answer()

    def under_way(self, key: str, asker: str) -> Answer | None:
        """How far a job is that was started before, by anyone, or how it ended lately."""
        with self._lock:
            return self._ledger.answers([key], asker).get(key)

    def leave(self, key: str, asker: str) -> None:
        """Stop wanting a job; it ends when nobody else wants it."""
        with self._lock:
            self._ledger.leave([key], asker)

    def retry(self, key: str) -> None:
        """Forget how a job ended, so that it can start anew."""
        with self._lock:
            self._ledger.forget_failures([key])
