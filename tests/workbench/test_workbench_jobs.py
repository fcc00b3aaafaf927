"""Jobs of the workbench: shared between requests, cancelled when unwanted, with progress."""

import threading
import time

import numpy as np
import pytest

from core import zoo
from core.settings import BadSetting
from core.steps import Progress, drain
from core.workbench import Workbench
from core.workbench.downloads import weights_download
from core.workbench.engine import Engine, Job, JobState, RecipeJob
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from tests.workbench.small_tasks import SECONDS, SquareTask, double_task, read_value


def assert_all_end(jobs: set[Job]) -> None:
    until = time.monotonic() + SECONDS
    assert jobs
    assert all(job.wait(until - time.monotonic()) for job in jobs)


def test_a_recipe_that_several_threads_request_at_once_is_computed_once(open_workbench):
    square = SquareTask()
    square.gate.clear()
    workbench, recipe = open_workbench(square.task), square.recipe(5)
    results: list[list[float]] = []

    def ask(requester: str) -> None:
        results.append(workbench.answer([recipe, recipe], requester))

    threads = [threading.Thread(target=ask, args=(f"page {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    square.gate.set()
    for thread in threads:
        thread.join(SECONDS)
    assert results == [[25.0, 25.0]] * 6
    assert square.calls == [1]


def test_an_answer_is_not_done_while_its_job_runs(open_workbench):
    square = SquareTask()
    workbench = open_workbench(square.task)
    square.gate.clear()
    workbench.ask([square.recipe(x) for x in (1, 2)], "a page")
    assert square.entered.wait(SECONDS)
    (answer,) = workbench.ask([square.recipe(1)], "a page")
    assert not answer.done
    square.gate.set()


def test_jobs_of_equal_cost_run_in_the_order_of_the_request(open_workbench):
    square = SquareTask(batch=1)
    workbench = open_workbench(square.task)
    square.gate.clear()
    recipes = [square.recipe(x, layer=f"layer{x}") for x in range(12)]
    workbench.ask(recipes, "a page")
    square.gate.set()
    workbench.answer(recipes)
    assert square.computed == list(range(12))


def test_withdrawing_cancels_a_job_and_keeps_stored_results(open_workbench):
    square = SquareTask(batch=1)
    workbench = open_workbench(square.task)
    first, second = square.recipe(1), square.recipe(2)
    workbench.answer([first])
    square.entered.clear()
    square.gate.clear()
    workbench.ask([first, second], "a page")
    assert square.entered.wait(SECONDS)
    jobs = workbench._under_way([second])
    workbench.withdraw([first, second], "a page")
    square.gate.set()
    assert_all_end(jobs)
    assert workbench.store.get(first.key) is not None
    assert workbench.store.get(second.key) is None


def test_a_cancelled_recipe_can_be_computed_later(open_workbench):
    square = SquareTask()
    square.gate.clear()
    workbench, recipe = open_workbench(square.task), square.recipe(4)
    workbench.ask([recipe], "a page")
    jobs = workbench._under_way([recipe])
    workbench.withdraw([recipe], "a page")
    square.gate.set()
    assert_all_end(jobs)
    assert workbench.answer([recipe]) == [16]


def test_a_withdrawn_job_is_cancelled_even_if_the_page_asks_again_at_once(open_workbench):
    square = SquareTask()
    square.gate.clear()
    workbench, recipe = open_workbench(square.task), square.recipe(4)
    workbench.ask([recipe], "a page")
    assert square.entered.wait(SECONDS)
    withdrawn = workbench._under_way([recipe])
    workbench.withdraw([recipe], "a page")
    workbench.ask([recipe], "a page")
    square.gate.set()
    assert_all_end(withdrawn)
    assert {job.state for job in withdrawn} == {JobState.CANCELLED}


def test_a_job_goes_on_while_another_page_wants_its_result(open_workbench):
    square = SquareTask()
    square.gate.clear()
    workbench, recipe = open_workbench(square.task), square.recipe(4)
    workbench.ask([recipe], "first page")
    workbench.ask([recipe], "second page")
    workbench.withdraw([recipe], "first page")
    square.gate.set()
    assert workbench.wait([recipe], "second page", SECONDS)[0].result == 16
    assert len(square.calls) == 1


def test_cancelling_a_recipe_cancels_its_inputs(open_workbench):
    square = SquareTask()
    square.gate.clear()
    workbench = open_workbench(square.task, double_task())
    nested = Recipe("double", 1, inputs=(square.recipe(3),))
    workbench.ask([nested], "a page")
    assert square.entered.wait(SECONDS)
    jobs = workbench._under_way([nested, square.recipe(3)])
    assert len(jobs) == 2
    workbench.withdraw([nested], "a page")
    square.gate.set()
    assert_all_end(jobs)
    assert {job.state for job in jobs} == {JobState.CANCELLED}


def test_a_withdrawn_download_is_cancelled(open_workbench, monkeypatch):
    pause = threading.Event()

    def download_slowly(self, repository, limit):
        for step in range(10_000):
            pause.wait(0.01)
            yield Progress(step, 10_000)

    monkeypatch.setattr(zoo.Hub, "fetch_steps", download_slowly)
    workbench = open_workbench()
    task = weights_download(workbench.card("resnet18.a1_in1k"), limit=500_000_000)
    workbench.background_jobs.ask(task, "a page")
    (job,) = workbench._registry.under_way([task.key])
    workbench.background_jobs.withdraw(task.key, "a page")
    assert workbench.background_jobs.state(task.key, "a page") is None
    assert_all_end({job})
    assert job.state is JobState.CANCELLED


def test_a_job_that_waits_for_its_inputs_shows_their_progress(open_workbench):
    gate, reported = threading.Event(), threading.Event()

    def compute(call: Call):
        yield Progress(3, 8, preview=["a preview of the input"], note="reading pictures")
        reported.set()
        gate.wait(SECONDS)
        return [StoredResult({"value": np.array(2.0)})]

    workbench = open_workbench(Task("slow", 1, compute, read_value), double_task())
    nested = Recipe("double", 1, inputs=(Recipe("double", 1, inputs=(Recipe("slow", 1),)),))
    workbench.ask([nested], "a page")
    assert reported.wait(SECONDS)
    (answer,) = workbench.ask([nested], "a page")
    gate.set()
    assert (answer.progress.step, answer.progress.total) == (3, 8)
    assert answer.progress.note == "reading pictures"
    assert answer.progress.preview is None
    assert workbench.answer([nested]) == [8]


def test_previews_are_counted(open_workbench):
    gate, reported = threading.Event(), threading.Event()

    def compute(call: Call):
        yield Progress(1, 3, preview=["first"])
        yield Progress(2, 3)
        yield Progress(2, 3, preview=["second"])
        reported.set()
        gate.wait(SECONDS)
        return [StoredResult({"value": np.array(2.0)})]

    task = Task("slow", 1, compute, read_value)
    workbench = open_workbench(task)
    workbench.ask([task.recipe()], "a page")
    assert reported.wait(SECONDS)
    (answer,) = workbench.ask([task.recipe()], "a page")
    gate.set()
    assert (answer.previews, answer.preview) == (2, "second")


def test_a_slow_store_does_not_block_other_requests(open_workbench, monkeypatch):
    square = SquareTask()
    workbench = open_workbench(square.task)
    workbench.answer([square.recipe(1)])
    reading, go_on = threading.Event(), threading.Event()
    get = workbench.store.get

    def get_slowly(key: str) -> StoredResult | None:
        if key == square.recipe(2).key:
            reading.set()
            assert go_on.wait(SECONDS)
        return get(key)

    monkeypatch.setattr(workbench.store, "get", get_slowly)
    waiting = threading.Thread(target=workbench.answer, args=([square.recipe(2)],))
    waiting.start()
    assert reading.wait(SECONDS)
    assert workbench.answer([square.recipe(1)]) == [1]
    go_on.set()
    waiting.join(SECONDS)
    assert not waiting.is_alive()


def test_the_setting_chooses_the_engine(settings, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_ENGINE", "warp")
    with pytest.raises(BadSetting, match=r"'warp'.*local"):
        Workbench(settings)


class CallingThreadEngine:
    """An engine that computes jobs in the calling thread, from their data alone."""

    def __init__(self, tasks: dict[str, Task]):
        self.tasks = tasks
        self.work: list[RecipeJob] = []

    def submit(self, job: Job) -> None:
        # An engine may send recipes to another machine, as text.
        recipes = tuple(Recipe.from_json(recipe.to_json()) for recipe in job.work.recipes)
        work = RecipeJob(job.work.task, recipes, job.work.cost)
        self.work.append(work)
        results = drain(self.tasks[work.task].compute(Call(recipes, [[]] * len(recipes))))
        job.finish({recipe.key: result for recipe, result in zip(recipes, results, strict=True)})

    def close(self) -> None:
        pass


def test_another_engine_can_compute_jobs_from_their_data(open_workbench, monkeypatch):
    square = SquareTask()
    engine = CallingThreadEngine({"square": square.task})
    monkeypatch.setattr("core.workbench.workbench.choose_engine", lambda local: engine)
    workbench = open_workbench(square.task)
    recipes = [square.recipe(3), square.recipe(4)]
    assert workbench.answer(recipes) == [9, 16]
    assert [recipe for work in engine.work for recipe in work.recipes] == recipes
    assert isinstance(engine, Engine)
