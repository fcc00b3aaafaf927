"""What the computing thread calls: before each step, and once after it has become idle."""

import threading
from collections.abc import Iterator

import pytest

from core.steps import Progress, Steps
from core.workbench.engine import BackgroundTask, Job, LocalEngine

SECONDS = 60  # longer than any wait of a test takes; a wait that reaches it has failed


class Idle:
    """Counts the calls when idle, with the number of steps that were computed before each."""

    def __init__(self) -> None:
        self.steps = 0
        self.calls: list[int] = []
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self.calls.append(self.steps)
            self._changed.notify_all()

    def wait_for(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= count, SECONDS)


@pytest.fixture
def idle() -> Idle:
    return Idle()


@pytest.fixture
def engine(idle: Idle) -> Iterator[LocalEngine]:
    engine = LocalEngine(lambda work, job: iter(()), on_idle=idle, idle_after=0.0)
    yield engine
    engine.close()


def compute(
    engine: LocalEngine, idle: Idle, steps: int, lane: str = "compute", gate=lambda: None
) -> Job:
    def start() -> Steps[None]:
        for step in range(steps):
            gate()
            idle.steps += 1
            yield Progress(step, steps)

    job = Job(BackgroundTask("a task", start, lane))
    job.request("a test")
    engine.submit(job)
    return job


def test_it_is_called_once_after_each_time_of_work(engine: LocalEngine, idle: Idle):
    compute(engine, idle, 3)
    assert idle.wait_for(1)
    compute(engine, idle, 2)
    assert idle.wait_for(2)
    # Between the steps of a job the thread is not idle, even if it waits for no time at all.
    assert idle.calls == [3, 5]


def test_it_is_not_called_while_another_job_waits(engine: LocalEngine, idle: Idle):
    reached, opened = threading.Event(), threading.Event()

    def gate() -> None:
        reached.set()
        assert opened.wait(SECONDS)

    first = compute(engine, idle, 1, gate=gate)
    assert reached.wait(SECONDS)
    others = [compute(engine, idle, 4) for _ in range(3)]
    opened.set()
    assert all(job.wait(SECONDS) for job in [first, *others])
    assert idle.wait_for(1)
    assert idle.calls == [13]


def test_it_is_not_called_for_downloads_nor_without_work(engine: LocalEngine, idle: Idle):
    assert compute(engine, idle, 5, lane="download").wait(SECONDS)
    engine.close()
    assert idle.calls == []


def test_the_threads_are_adjusted_before_every_step_that_computes(idle: Idle):
    adjusted_at: list[int] = []
    engine = LocalEngine(
        lambda work, job: iter(()), before_step=lambda: adjusted_at.append(idle.steps)
    )
    assert compute(engine, idle, 3).wait(SECONDS)
    assert compute(engine, idle, 4, lane="download").wait(SECONDS)
    engine.close()
    assert adjusted_at == [0, 1, 2, 3]  # the fourth turn finds the end of the job


def test_an_idle_engine_closes(engine: LocalEngine, idle: Idle):
    compute(engine, idle, 1)
    assert idle.wait_for(1)
    engine.close()
    assert not any(thread.name == "engine-compute" and thread.is_alive()
                   for thread in threads_of(engine))  # fmt: skip


def threads_of(engine: LocalEngine) -> list[threading.Thread]:
    return engine._lanes["compute"]._threads
