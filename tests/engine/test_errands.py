"""Jobs that are no recipes: started once, told of, left and tried again."""

import threading
from collections.abc import Iterator

import pytest

from core.engine import Errands, Ledger, LocalEngine
from core.errors import ZooscopeError
from core.steps import Progress, Steps

SECONDS = 20


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    engine = LocalEngine()
    yield Ledger(engine)
    engine.close()


@pytest.fixture
def errands(ledger: Ledger) -> Errands:
    return Errands(ledger, threading.RLock())


class Held:
    """Work that waits at a gate, and counts how often it was begun and closed."""

    def __init__(self, error: ZooscopeError | None = None):
        self.begun = 0
        self.entered = threading.Event()
        self.closed = threading.Event()
        self.gate = threading.Event()
        self.error = error

    def steps(self) -> Steps[str]:
        self.begun += 1
        self.entered.set()
        try:
            while not self.gate.is_set():
                yield Progress(self.begun, 2)
            if self.error:
                raise self.error
            return "done"
        finally:
            self.closed.set()


def ended(ledger: Ledger) -> None:
    for job in ledger.under_way(["errand"]):
        assert job.wait(SECONDS)


def test_it_is_done_once_for_all_who_ask(errands, ledger):
    held = Held()
    first = errands.ask("errand", held.steps, "one")
    second = errands.ask("errand", held.steps, "another")
    assert not first.done
    assert not second.done
    held.gate.set()
    ended(ledger)
    assert errands.under_way("errand", "one").result == "done"
    assert errands.ask("errand", held.steps, "another").result == "done"
    assert held.begun == 1


def test_looking_starts_nothing(errands):
    assert errands.under_way("errand", "one") is None


def test_it_ends_when_the_last_who_wanted_it_leaves(errands):
    held = Held()
    for asker in ("one", "another"):
        errands.ask("errand", held.steps, asker)
    assert held.entered.wait(SECONDS)
    errands.leave("errand", "one")
    assert errands.under_way("errand", "another") is not None
    errands.leave("errand", "another")
    assert errands.under_way("errand", "one") is None
    assert held.closed.wait(SECONDS)


@pytest.mark.parametrize("lane", ["download", "compute"])
def test_what_failed_says_why_until_it_is_tried_again(errands, ledger, lane):
    held = Held(ZooscopeError("no light"))
    held.gate.set()
    errands.ask("errand", held.steps, "one", lane)
    ended(ledger)
    assert str(errands.ask("errand", held.steps, "one", lane).error) == "no light"
    assert held.begun == 1
    errands.retry("errand")
    assert errands.ask("errand", held.steps, "one", lane).error is None
    ended(ledger)
    assert held.begun == 2
