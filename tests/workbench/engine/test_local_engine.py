"""The local engine runs jobs of low cost first, cancels within a step, and skips waiting jobs."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import ZooscopeError
from core.steps import Progress, Steps, drain
from core.workbench.engine import BackgroundTask, Job, JobState, LocalEngine, RecipeJob
from core.workbench.engine import job as job_module

SECONDS = 60  # longer than any wait of a test takes; a wait that reaches it has failed


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(no_recipes)
    yield engine
    engine.close()


def no_recipes(work: RecipeJob, job: Job) -> Steps[None]:
    raise AssertionError("these tests run background tasks only")


class Gate:
    """Makes computations wait until it is opened."""

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
    """Return a computation that logs each step, and waits for a gate before the first."""

    def start() -> Steps[str]:
        if gate:
            gate.wait()
        try:
            for step in range(steps):
                log.append(name)
                yield Progress(step + 1, steps)
            return f"{name} done"
        finally:
            log.append(f"{name} closed")

    return start


def wanted(job: Job) -> Job:
    job.request("a test")
    return job


def task(start: Callable[[], Steps[object]], lane: str = "compute", cost: float = 1.0):
    return BackgroundTask("a task", start, lane, cost)


def submitted(engine: LocalEngine, start: Callable[[], Steps[object]], cost: float = 1.0) -> Job:
    job = wanted(Job(task(start, cost=cost)))
    engine.submit(job)
    return job


def test_a_job_delivers_the_result_of_its_generator(engine: LocalEngine):
    delivered = []
    job = wanted(Job(task(counting([], "a", 3)), deliver=delivered.append))
    engine.submit(job)
    assert job.wait(SECONDS)
    assert job.state is JobState.DONE
    assert delivered == ["a done"]
    assert (job.progress.step, job.progress.total) == (3, 3)


def test_a_job_of_low_cost_overtakes_one_of_high_cost_between_two_steps(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()
    expensive = submitted(engine, counting(log, "expensive", 5, gate), cost=60)
    assert gate.reached.wait(SECONDS)
    cheap = submitted(engine, counting(log, "cheap", 2), cost=0.1)
    gate.open()
    assert expensive.wait(SECONDS)
    assert cheap.settled
    assert log[:4] == ["expensive", "cheap", "cheap", "cheap closed"]


def test_jobs_of_equal_cost_take_turns(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()
    first = submitted(engine, counting([], "first", 0, gate), cost=0.1)
    jobs = [submitted(engine, counting(log, name, 2)) for name in "ab"]
    gate.open()
    assert first.wait(SECONDS)
    assert all(job.wait(SECONDS) for job in jobs)
    assert log[:4] == ["a", "b", "a", "b"]


def test_a_withdrawn_job_stops_within_one_step_and_cleans_up(engine: LocalEngine):
    log: list[str] = []
    gate = Gate()

    def start() -> Steps[None]:
        try:
            for step in range(100):
                log.append("step")
                gate.wait()
                yield Progress(step, 100)
        finally:
            log.append("closed")

    job = submitted(engine, start)
    assert gate.reached.wait(SECONDS)
    job.withdraw("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert job.state is JobState.CANCELLED
    assert log == ["step", "closed"]


def test_a_job_goes_on_while_a_requester_wants_it(engine: LocalEngine):
    gate = Gate()
    job = submitted(engine, counting([], "a", 2, gate))
    job.request("another page")
    job.withdraw("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert job.state is JobState.DONE


def test_an_abandoned_job_is_cancelled(engine: LocalEngine, monkeypatch):
    monkeypatch.setattr(job_module, "ABANDONED_AFTER", 0.0)
    job = submitted(engine, counting([], "a", 2))
    assert job.wait(SECONDS)
    assert job.state is JobState.CANCELLED


def test_a_job_is_wanted_while_a_wanted_job_depends_on_it():
    dependent = wanted(Job(task(counting([], "a", 1))))
    job = Job(task(counting([], "b", 1)))
    assert not job.wanted
    job.add_dependent(dependent)
    assert job.wanted
    dependent.withdraw("a test")
    assert not job.wanted


def test_a_zooscope_error_is_kept_as_it_is(engine: LocalEngine):
    def start() -> Steps[None]:
        yield Progress(0, 1)
        raise ZooscopeError("too dark; use a lamp")

    job = submitted(engine, start)
    assert job.wait(SECONDS)
    assert job.state is JobState.FAILED
    assert str(job.error) == "too dark; use a lamp"


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError("full"), KeyError("gone")])
def test_an_unexpected_error_ends_its_job_and_not_the_engine(engine: LocalEngine, error, caplog):
    def start() -> Steps[None]:
        yield Progress(0, 1)
        raise error

    job = submitted(engine, start)
    assert job.wait(SECONDS)
    assert type(error).__name__ in str(job.error)
    assert "Traceback" in caplog.text
    next_job = submitted(engine, counting([], "a", 1))
    assert next_job.wait(SECONDS)
    assert next_job.state is JobState.DONE


def test_an_unexpected_error_shows_no_path(engine: LocalEngine, caplog):
    """Visitors see the message of a job; only the log has the text of an unexpected error."""
    denied = PermissionError(13, "Permission denied", "/srv/models/secret")

    def fail_to_compute() -> Steps[None]:
        yield Progress(0, 1)
        raise denied

    job = submitted(engine, fail_to_compute)
    assert job.wait(SECONDS)
    assert "secret" not in str(job.error)
    assert "PermissionError" in str(job.error)
    assert "secret" in caplog.text


def test_an_error_in_the_clean_up_does_not_end_the_engine(engine: LocalEngine):
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
    job.withdraw("a test")
    gate.open()
    assert job.wait(SECONDS)
    assert submitted(engine, counting([], "a", 1)).wait(SECONDS)


def test_other_jobs_go_on_while_one_waits_for_memory(engine: LocalEngine):
    log: list[str] = []
    has_memory = threading.Event()
    gate = Gate()

    def waits() -> Steps[None]:
        while not has_memory.is_set():
            log.append("waits")
            yield Progress(0, 1, waiting=True)
        log.append("has memory")

    def holds() -> Steps[None]:
        gate.wait()
        for step in range(3):
            log.append("holds")
            yield Progress(step, 3)
        has_memory.set()

    holder = submitted(engine, holds, cost=60)
    assert gate.reached.wait(SECONDS)
    waiter = submitted(engine, waits, cost=0.1)
    gate.open()
    assert waiter.wait(SECONDS)
    assert holder.settled
    # The waiting job tried once; then the other job ran in spite of its higher cost.
    assert log == ["holds", "waits", "holds", "holds", "has memory"]


def test_lanes_run_independently(engine: LocalEngine):
    gate = Gate()
    slow = wanted(Job(task(counting([], "download", 1, gate), lane="download")))
    engine.submit(slow)
    quick = submitted(engine, counting([], "a", 1))
    assert quick.wait(SECONDS)
    assert not slow.settled
    gate.open()
    assert slow.wait(SECONDS)


def test_drain_returns_the_result():
    assert drain(counting([], "a", 4)()) == "a done"


def test_many_jobs_from_many_threads_all_finish(engine: LocalEngine):
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
