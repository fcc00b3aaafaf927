"""Background jobs: started once, reported to all pages, withdrawn, and started again."""

import threading
from collections.abc import Iterator

import pytest

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.workbench.engine import BackgroundJobs, BackgroundTask, JobRegistry, LocalEngine
from core.workbench.engine.background_jobs import MAX_TASKS

SECONDS = 60


@pytest.fixture
def registry() -> JobRegistry:
    return JobRegistry()


@pytest.fixture
def background_jobs(registry: JobRegistry) -> Iterator[BackgroundJobs]:
    engine = LocalEngine(lambda work, job: iter(()))
    yield BackgroundJobs(engine, registry, threading.RLock())
    engine.close()


class Work:
    """Work that runs until its gate opens. It counts how often it was started."""

    def __init__(self, error: ZooscopeError | None = None):
        self.started = 0
        self.entered = threading.Event()
        self.closed = threading.Event()
        self.gate = threading.Event()
        self.error = error

    def task(self, lane: str = "download") -> BackgroundTask:
        return BackgroundTask("work", self.steps, lane)

    def steps(self) -> Steps[str]:
        self.started += 1
        self.entered.set()
        try:
            while not self.gate.is_set():
                yield Progress(self.started, 2)
            if self.error:
                raise self.error
            return "done"
        finally:
            self.closed.set()


def wait_for_end(registry: JobRegistry) -> None:
    for job in registry.under_way(["work"]):
        assert job.wait(SECONDS)


def test_a_task_runs_once_for_all_pages(background_jobs, registry):
    work = Work()
    first = background_jobs.ask(work.task(), "first page")
    second = background_jobs.ask(work.task(), "second page")
    assert not first.done
    assert not second.done
    work.gate.set()
    wait_for_end(registry)
    assert background_jobs.state("work", "first page").result == "done"
    assert background_jobs.ask(work.task(), "second page").result == "done"
    assert work.started == 1


def test_asking_for_the_state_starts_nothing(background_jobs):
    assert background_jobs.state("work", "first page") is None


def test_a_task_is_cancelled_when_the_last_page_withdraws(background_jobs):
    work = Work()
    for page in ("first page", "second page"):
        background_jobs.ask(work.task(), page)
    assert work.entered.wait(SECONDS)
    background_jobs.withdraw("work", "first page")
    assert background_jobs.state("work", "second page") is not None
    background_jobs.withdraw("work", "second page")
    assert background_jobs.state("work", "first page") is None
    assert work.closed.wait(SECONDS)


@pytest.mark.parametrize("lane", ["download", "compute"])
def test_a_failed_task_is_not_repeated_until_it_is_forgotten(background_jobs, registry, lane):
    work = Work(ZooscopeError("too dark"))
    work.gate.set()
    background_jobs.ask(work.task(lane), "first page")
    wait_for_end(registry)
    assert str(background_jobs.ask(work.task(lane), "first page").error) == "too dark"
    assert work.started == 1
    background_jobs.forget("work")
    assert background_jobs.ask(work.task(lane), "first page").error is None
    wait_for_end(registry)
    assert work.started == 2


def test_a_session_can_not_start_any_number_of_tasks(background_jobs, registry):
    work = Work()
    tasks = [BackgroundTask(f"work {n}", work.steps, "child") for n in range(MAX_TASKS + 1)]
    *started, refused = [background_jobs.ask(task, "ada") for task in tasks]
    assert not any(answer.error for answer in started)
    assert "limit" in str(refused.error)
    assert background_jobs.state(tasks[-1].key, "ada") is None
    assert background_jobs.ask(tasks[-1], "bob").error is None
    background_jobs.withdraw(tasks[0].key, "ada")
    assert background_jobs.ask(BackgroundTask("next", work.steps, "child"), "ada").error is None
    work.gate.set()
