"""The Workbench with tasks of the tests' own, and with the real one."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core import tasks, zoo
from core.engine import JobState
from core.errors import ZooscopeError
from core.pictures import PictureForgotten
from core.recipes import Recipe, Result, Task
from core.settings import Settings
from core.steps import Progress
from core.workbench import Workbench

SECONDS = 20


@pytest.fixture
def bench(settings: Settings) -> Iterator[Callable[..., Workbench]]:
    opened: list[Workbench] = []

    def open_bench(*known: Task, **changed) -> Workbench:
        opened.append(Workbench(replace(settings, **changed), tasks.by_name(known)))
        return opened[-1]

    yield open_bench
    for workbench in opened:
        workbench.close()


class Counted:
    """A task that counts its calls and squares a number, held until its gate opens."""

    def __init__(self, name: str = "square", batch: int = 16):
        self.calls: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.task = Task(name, version=1, steps=self.steps, batch=batch)

    def steps(self, m, recipes, inputs):
        self.calls.append(len(recipes))
        for step in range(len(recipes)):
            self.entered.set()
            self.gate.wait(SECONDS)
            yield Progress(step + 1, len(recipes))
        return [Result({"value": np.array(float(dict(r.options)["x"]) ** 2)}) for r in recipes]

    def recipe(self, x: float, **fields) -> Recipe:
        return Recipe(self.task.name, 1, options=(("x", x),), **fields)


def values(results: list[Result]) -> list[float]:
    return [float(result.arrays["value"]) for result in results]


def test_results_come_in_the_order_asked(bench):
    square = Counted()
    assert values(bench(square.task).answer([square.recipe(x) for x in (3, 1, 2)])) == [9, 1, 4]


def test_the_second_time_the_store_answers(bench):
    square = Counted()
    recipe = square.recipe(3)
    bench(square.task).answer([recipe])
    answer = bench(square.task).ask([recipe], "a page")[0]
    assert answer.stored
    assert values([answer.result]) == [9]
    assert len(square.calls) == 1


def test_a_result_tells_how_it_came_about(bench):
    square = Counted()
    recipe = square.recipe(3)
    bench(square.task).answer([recipe])
    record = bench(square.task).ask([recipe], "a page")[0].result.record
    assert record["device"] in ("cpu", "cuda")
    assert record["recipe"]["task"] == "square"


def test_the_same_recipe_twice_at_once_is_computed_once(bench):
    square = Counted()
    square.gate.clear()
    workbench, recipe = bench(square.task), square.recipe(5)
    found: list[list[float]] = []

    def ask(asker: str) -> None:
        found.append(values(workbench.answer([recipe, recipe], asker)))

    threads = [threading.Thread(target=ask, args=(f"page {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    square.gate.set()
    for thread in threads:
        thread.join(SECONDS)
    assert found == [[25.0, 25.0]] * 6
    assert square.calls == [1]


def test_what_is_alike_but_for_its_inputs_goes_in_batches(bench, noise):
    seen: list[list[str]] = []

    def steps(m, recipes, inputs):
        yield Progress(0, 1)
        seen.append([recipe.method for recipe in recipes])
        return [Result({"width": np.array(picture.width)}) for (picture,) in inputs]

    workbench = bench(Task("width", 1, steps, batch=2))
    pictures = [
        workbench.pictures.keep(Image.new("RGB", (width, 9)), "test") for width in (1, 2, 3)
    ]
    recipes = [Recipe("width", 1, inputs=(p,), method=m) for m in "ab" for p in pictures]
    results = workbench.answer(recipes)
    assert [int(result.arrays["width"]) for result in results] == [1, 2, 3, 1, 2, 3]
    assert sorted(map(len, seen)) == [1, 1, 2, 2]
    assert all(len(set(methods)) == 1 for methods in seen)


def test_leaving_cancels_and_keeps_the_finished_parts(bench):
    square = Counted(batch=1)
    workbench = bench(square.task)
    first, second = square.recipe(1), square.recipe(2)
    workbench.answer([first])
    square.entered.clear()
    square.gate.clear()
    workbench.ask([first, second], "a page")
    assert square.entered.wait(SECONDS)
    jobs = workbench._under_way([second])
    workbench.leave([first, second], "a page")
    square.gate.set()
    assert all(job.wait(SECONDS) for job in jobs)
    assert workbench.store.get(first.key) is not None
    assert workbench.store.get(second.key) is None


def test_what_was_cancelled_can_be_asked_for_again(bench):
    square = Counted()
    square.gate.clear()
    workbench, recipe = bench(square.task), square.recipe(4)
    workbench.ask([recipe], "a page")
    jobs = workbench._under_way([recipe])
    workbench.leave([recipe], "a page")
    square.gate.set()
    assert all(job.wait(SECONDS) for job in jobs)
    assert values(workbench.answer([recipe])) == [16]


def test_one_page_leaving_leaves_it_to_the_other(bench):
    square = Counted()
    square.gate.clear()
    workbench, recipe = bench(square.task), square.recipe(4)
    workbench.ask([recipe], "one page")
    workbench.ask([recipe], "another")
    workbench.leave([recipe], "one page")
    square.gate.set()
    assert values([workbench.wait([recipe], "another", SECONDS)[0].result]) == [16]
    assert len(square.calls) == 1


def test_progress_is_told_while_it_runs(bench):
    square = Counted()
    workbench = bench(square.task)
    square.gate.clear()
    workbench.ask([square.recipe(x) for x in (1, 2)], "a page")
    assert square.entered.wait(SECONDS)
    answer = workbench.ask([square.recipe(1)], "a page")[0]
    assert not answer.done
    square.gate.set()


def failing(message: str, calls: list[int]) -> Task:
    def steps(m, recipes, inputs):
        calls.append(len(recipes))
        yield Progress(0, 1)
        raise ZooscopeError(message)

    return Task("fails", 1, steps)


def test_failures_are_told_and_not_repeated_until_retried(bench):
    calls: list[int] = []
    workbench, recipe = bench(failing("no light; use a lamp", calls)), Recipe("fails", 1)
    with pytest.raises(ZooscopeError, match="use a lamp"):
        workbench.answer([recipe])
    assert workbench.ask([recipe], "a page")[0].error
    assert len(calls) == 1
    workbench.retry([recipe])
    with pytest.raises(ZooscopeError, match="use a lamp"):
        workbench.answer([recipe])
    assert len(calls) == 2


@pytest.mark.parametrize("recipe", [Recipe("nothing", 1), Recipe("square", 2)])
def test_unknown_tasks_and_versions_are_refused(bench, recipe):
    with pytest.raises(ZooscopeError, match="no task"):
        bench(Counted().task).answer([recipe])


def doubled() -> Task:
    def steps(m, recipes, inputs):
        yield Progress(0, 1)
        return [Result({"value": np.array(given.arrays["value"] * 2)}) for (given,) in inputs]

    return Task("double", 1, steps, cost=0.1)


def test_recipes_of_recipes_compute_what_they_need_once(bench):
    square = Counted()
    workbench = bench(square.task, doubled())
    nested = Recipe("double", 1, inputs=(Recipe("double", 1, inputs=(square.recipe(3),)),))
    assert values(workbench.answer([nested])) == [36]
    assert values(workbench.answer([square.recipe(3)])) == [9]
    assert len(square.calls) == 1


def test_what_waits_for_others_tells_how_far_they_are(bench):
    gate, told = threading.Event(), threading.Event()

    def steps(m, recipes, inputs):
        yield Progress(3, 8, preview=["nothing of the page's"], note="reading pictures")
        told.set()
        gate.wait(SECONDS)
        return [Result({"value": np.array(2.0)})]

    workbench = bench(Task("slow", 1, steps), doubled())
    nested = Recipe("double", 1, inputs=(Recipe("double", 1, inputs=(Recipe("slow", 1),)),))
    workbench.ask([nested], "a page")
    assert told.wait(SECONDS)
    (answer,) = workbench.ask([nested], "a page")
    gate.set()
    assert (answer.progress.step, answer.progress.total) == (3, 8)
    assert answer.progress.note == "reading pictures"
    assert answer.progress.preview is None
    assert values(workbench.answer([nested])) == [8]


def test_a_failure_below_is_told_above(bench):
    workbench = bench(failing("no light", []), doubled())
    with pytest.raises(ZooscopeError, match="no light"):
        workbench.answer([Recipe("double", 1, inputs=(Recipe("fails", 1),))])


def test_a_store_that_can_not_keep_still_lets_the_page_have_its_result(bench, monkeypatch):
    square = Counted()
    workbench = bench(square.task)
    monkeypatch.setattr(workbench.store, "put", lambda key, result: False)
    recipe = square.recipe(6)
    assert values(workbench.answer([recipe])) == [36]
    assert values(workbench.answer([recipe])) == [36]
    assert len(square.calls) == 1


def test_real_scores_go_through_pool_and_store(bench, noise):
    workbench = bench(tasks.SCORES)
    card = workbench.card("untrained/test_resnet")
    recipe = tasks.scores_recipe(card, workbench.pictures.keep(noise, "test"))
    result = workbench.answer([recipe])[0]
    m = zoo.load("untrained/test_resnet")
    expected = m.net(m.preprocess([noise]))[0].numpy()
    np.testing.assert_allclose(result.arrays["logits"], expected, rtol=1e-4, atol=1e-5)
    assert result.record["seconds"] > 0
    assert workbench.pool.names() == ["untrained/test_resnet"]


def test_models_share_the_memory_there_is_and_all_get_their_turn(bench, noise):
    names = ["untrained/test_resnet", "untrained/test_efficientnet", "untrained/test_convnext"]
    workbench = bench(tasks.SCORES, memory_mb=3)
    picture = workbench.pictures.keep(noise, "test")
    recipes = [tasks.scores_recipe(workbench.card(name), picture) for name in names]
    assert len(workbench.answer(recipes)) == 3
    assert workbench.pool.memory <= 3_000_000
    assert len(workbench.pool.names()) < 3


def test_a_model_larger_than_the_memory_is_refused_with_the_way_out(bench, noise):
    workbench = bench(tasks.SCORES, memory_mb=1)
    picture = workbench.pictures.keep(noise, "test")
    recipe = tasks.scores_recipe(workbench.card("untrained/resnet18"), picture)
    with pytest.raises(zoo.ModelTooLarge, match="ZOOSCOPE_MEMORY_MB"):
        workbench.answer([recipe])


def test_a_forgotten_picture_is_told_but_its_stored_result_is_not_lost(bench, noise):
    workbench = bench(tasks.SCORES)
    card = workbench.card("untrained/test_resnet")
    picture = workbench.pictures.keep(noise, "me")
    recipe = tasks.scores_recipe(card, picture)
    workbench.answer([recipe])
    workbench.pictures.forget("me")
    assert workbench.answer([recipe])
    other = replace(recipe, seed=1)
    with pytest.raises(PictureForgotten, match="Upload it again"):
        workbench.answer([other])


def test_leaving_is_final_also_when_the_page_looks_again_at_once(bench):
    square = Counted()
    square.gate.clear()
    workbench, recipe = bench(square.task), square.recipe(4)
    workbench.ask([recipe], "a page")
    assert square.entered.wait(SECONDS)
    left = workbench._under_way([recipe])
    workbench.leave([recipe], "a page")
    workbench.ask([recipe], "a page")
    square.gate.set()
    assert all(job.wait(SECONDS) for job in left)
    assert {job.state for job in left} == {JobState.CANCELLED}


def test_leaving_a_download_is_final(bench, monkeypatch):
    held = threading.Event()

    def slow_steps(self, repository, limit):
        for step in range(10_000):
            held.wait(0.01)
            yield Progress(step, 10_000)

    monkeypatch.setattr(zoo.Hub, "fetch_steps", slow_steps)
    workbench = bench()
    card = workbench.card("resnet18.a1_in1k")
    workbench.download(card, "a page")
    (job,) = workbench._ledger.under_way([f"download:{card.repository}"])
    workbench.leave_download(card, "a page")
    assert workbench.downloading(card, "a page") is None
    assert job.wait(SECONDS)
    assert job.state is JobState.CANCELLED


def test_cancelling_what_needs_other_recipes_cancels_those_too(bench):
    square = Counted()
    square.gate.clear()
    workbench = bench(square.task, doubled())
    nested, below = Recipe("double", 1, inputs=(square.recipe(3),)), square.recipe(3)
    workbench.ask([nested], "a page")
    assert square.entered.wait(SECONDS)
    jobs = workbench._under_way([nested, below])
    assert len(jobs) == 2
    workbench.leave([nested], "a page")
    square.gate.set()
    until = time.monotonic() + 5
    assert all(job.wait(until - time.monotonic()) for job in jobs)
    assert {job.state for job in jobs} == {JobState.CANCELLED}


def test_one_bad_input_spares_the_rest_of_its_batch(bench):
    square = Counted()
    workbench = bench(square.task, failing("no light", []), doubled())
    good = Recipe("double", 1, inputs=(square.recipe(3),))
    bad = Recipe("double", 1, inputs=(Recipe("fails", 1),))
    answers = workbench.ask([good, bad], "a page")
    while not all(answer.done for answer in answers):
        answers = workbench.wait([good, bad], "a page", 1)
    assert values([answers[0].result]) == [18]
    assert "no light" in str(answers[1].error)


def test_a_picture_that_comes_back_is_not_remembered_as_forgotten(bench, noise):
    workbench = bench(tasks.SCORES)
    card = workbench.card("untrained/test_resnet")
    picture = workbench.pictures.keep(noise, "me")
    workbench.pictures.forget("me")
    recipe = tasks.scores_recipe(card, picture)
    assert isinstance(workbench.ask([recipe], "a page")[0].error, PictureForgotten)
    workbench.pictures.keep(noise, "me")
    assert workbench.answer([recipe])


def test_a_recipe_with_other_weights_than_the_model_has_is_refused(bench, noise):
    workbench = bench(tasks.SCORES)
    picture = workbench.pictures.keep(noise, "me")
    recipe = tasks.scores_recipe(workbench.card("untrained/test_resnet"), picture)
    with pytest.raises(zoo.WeightsUnavailable, match="not those that were asked for"):
        workbench.answer([replace(recipe, weights_id="0" * 64)])


def test_untrained_networks_of_other_seeds_are_others(bench, noise):
    workbench = bench(tasks.SCORES)
    picture = workbench.pictures.keep(noise, "me")
    names = ["untrained/test_resnet", "untrained/test_resnet@5"]
    first, other = workbench.answer(
        [tasks.scores_recipe(workbench.card(name), picture) for name in names]
    )
    assert not np.allclose(first.arrays["logits"], other.arrays["logits"])
    m = zoo.load("untrained/test_resnet", seed=5)
    assert m.name == "untrained/test_resnet@5"
    assert "seed 5" in m.title
    expected = m.net(m.preprocess([noise]))[0].numpy()
    np.testing.assert_allclose(other.arrays["logits"], expected, rtol=1e-4, atol=1e-5)


def test_a_slow_store_does_not_hold_up_others(bench, monkeypatch):
    square = Counted()
    workbench = bench(square.task)
    workbench.answer([square.recipe(1)])
    reading, go_on = threading.Event(), threading.Event()
    get = workbench.store.get

    def slow(key: str) -> Result | None:
        if key == square.recipe(2).key:
            reading.set()
            assert go_on.wait(SECONDS)
        return get(key)

    monkeypatch.setattr(workbench.store, "get", slow)
    stuck = threading.Thread(target=workbench.answer, args=([square.recipe(2)],))
    stuck.start()
    assert reading.wait(SECONDS)
    assert values(workbench.answer([square.recipe(1)])) == [1]
    go_on.set()
    stuck.join(SECONDS)
    assert not stuck.is_alive()
