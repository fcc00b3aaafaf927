"""The engine's promises: cheap first, cancel within a step, waiting jobs let others go on."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.engine import Job, JobState, LocalEngine
from core.engine import job as job_module
from core.errors import ZooscopeError
from core.steps import Progress, Steps, drain

SECONDS = 20  # more than any of this takes; a wait that ends by it has failed


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine()
    yield engine
    engine.close()


class Gate:
    """Holds the computations that come to it until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self._open.wait(SECONDS)

    def open(self) -> None:
        assert self.reached.wait(SECONDS)
        self._open.set()


def counting(log: list[str], name: str, steps: int, gate: Gate | None = None):
    """A computation that notes each of its steps, the first one held until a gate opens."""

    def start() -> Steps[str]:
        if gate:
            gate.wait()
        try:
            for step in range(steps):
                log.append(name)
                yield Progress(step + 1, steps)
            return f"{name} done"
        finally:
            log.append(f"{name} left")

    return start


def wanted(job: Job) -> Job:
    job.ask("a test")
    return job


def submitted(engine: LocalEngine, start: Callable[[], Steps[object]], cost: float = 1.0) -> Job:
    job = wanted(Job(start, cost=cost))
    engine.submit(job)
    return job


def test_a_job_brings_what_its_generator_returns(engine: LocalEngine):
    delivered = []
    job = wanted(Job(counting([], "a", 3), deliver=delivered.append))
    engine.submit(job)
    assert job.wait(SECONDS)
    assert job.state is JobState.DONE
    assert delivered == ["a done"]
    assert (job.progress.step, job.progress.total) == (3, 3)


def test_cheap_jobs_overtake_a_dear_one_between_two_of_its_steps(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()
    dear = submitted(engine, counting(log, "dear", 5, gate), cost=60)
    assert gate.reached.wait(SECONDS)
    cheap = submitted(engine, counting(log, "cheap", 2), cost=0.1)
    gate.open()
    assert dear.wait(SECONDS)
    assert cheap.settled
    assert log[:4] == ["dear", "cheap", "cheap", "cheap left"]


def test_equals_take_turns(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()
    held = submitted(engine, counting([], "held", 0, gate), cost=0.1)
    jobs = [submitted(engine, counting(log, name, 2)) for name in "ab"]
    gate.open()
    assert held.wait(SECONDS)
    assert all(job.wait(SECONDS) for job in jobs)
    assert log[:4] == ["a", "b", "a", "b"]


def test_leaving_stops_within_one_step_and_cleans_up(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()

    def start() -> Steps[None]:
        try:
            for step in range(100):
                log.append("step")
                gate.wait()
                yield Progress(step, 100)
        finally:
            log.append("left")

    job = submitted(engine, start)
    assert gate.reached.wait(SECONDS)
    job.leave("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert job.state is JobState.CANCELLED
    assert log == ["step", "left"]


def test_one_of_two_askers_leaving_does_not_stop_it(engine: LocalEngine):
    gate = Gate()
    job = submitted(engine, counting([], "a", 2, gate))
    job.ask("another page")
    job.leave("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert job.state is JobState.DONE


def test_a_job_nobody_asks_after_is_cancelled(engine: LocalEngine, monkeypatch):
    monkeypatch.setattr(job_module, "ABANDONED_AFTER", 0.0)
    job = submitted(engine, counting([], "a", 2))
    assert job.wait(SECONDS)
    assert job.state is JobState.CANCELLED


def test_a_job_that_serves_a_wanted_one_is_wanted():
    served = wanted(Job(counting([], "a", 1)))
    job = Job(counting([], "b", 1))
    assert not job.wanted
    job.serve(served)
    assert job.wanted
    served.leave("a test")
    assert not job.wanted


def test_our_errors_reach_the_user_as_they_are(engine: LocalEngine):
    def start() -> Steps[None]:
        yield Progress(0, 1)
        raise ZooscopeError("too dark; try a lamp")

    job = submitted(engine, start)
    assert job.wait(SECONDS)
    assert job.state is JobState.FAILED
    assert str(job.error) == "too dark; try a lamp"


@pytest.mark.parametrize("fault", [ValueError("odd"), MemoryError("full"), KeyError("gone")])
def test_a_fault_ends_its_job_and_not_the_engine(engine: LocalEngine, fault, caplog):
    def start() -> Steps[None]:
        yield Progress(0, 1)
        raise fault

    job = submitted(engine, start)
    assert job.wait(SECONDS)
    assert type(fault).__name__ in str(job.error)
    assert "Traceback" in caplog.text
    after = submitted(engine, counting([], "a", 1))
    assert after.wait(SECONDS)
    assert after.state is JobState.DONE


def test_a_fault_in_cleaning_up_does_not_end_the_engine(engine: LocalEngine):
    gate = Gate()

    def start() -> Steps[None]:
        try:
            gate.wait()
            yield Progress(0, 1)
            yield Progress(1, 1)
        finally:
            raise RuntimeError("stuck")

    job = submitted(engine, start)
    assert gate.reached.wait(SECONDS)
    job.leave("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert submitted(engine, counting([], "a", 1)).wait(SECONDS)


def test_a_job_that_waits_for_memory_lets_the_others_go_on(engine: LocalEngine):
    log: list[str] = []
    room = threading.Event()
    gate = Gate()

    def waits() -> Steps[None]:
        while not room.is_set():
            log.append("waits")
            yield Progress(0, 1, waiting=True)
        log.append("has room")

    def holds() -> Steps[None]:
        gate.wait()
        for step in range(3):
            log.append("holds")
            yield Progress(step, 3)
        room.set()

    holder = submitted(engine, holds, cost=60)
    assert gate.reached.wait(SECONDS)
    waiter = submitted(engine, waits, cost=0.1)
    gate.open()
    assert waiter.wait(SECONDS)
    assert holder.settled
    # Cheaper as it is, the waiter looked once and then left the thread to the holder.
    assert log == ["holds", "waits", "holds", "holds", "has room"]


def test_lanes_do_not_wait_for_each_other(engine: LocalEngine):
    gate = Gate()
    slow = wanted(Job(counting([], "download", 1, gate), lane="download"))
    engine.submit(slow)
    quick = submitted(engine, counting([], "a", 1))
    assert quick.wait(SECONDS)
    assert not slow.settled
    gate.open()
    assert slow.wait(SECONDS)


def test_drain_gives_the_result():
    assert drain(counting([], "a", 4)()) == "a done"


def test_many_jobs_from_many_threads_all_end(engine: LocalEngine):
    jobs: list[Job] = []

    def submit(n: int) -> None:
        for i in range(20):
            jobs.append(submitted(engine, counting([], f"{n}.{i}", i % 3), cost=i % 4))

    threads = [threading.Thread(target=submit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + SECONDS
    assert all(job.wait(max(0, until - time.monotonic())) for job in jobs)
    assert {job.state for job in jobs} == {JobState.DONE}
