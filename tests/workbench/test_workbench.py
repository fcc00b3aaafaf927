"""The workbench returns the results of recipes from memory, the store or jobs, and their errors."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.errors import ZooscopeError
from core.steps import Progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from tests.workbench.small_tasks import SquareTask, double_task, failing_task, read_value


def test_results_are_in_the_order_of_their_recipes(open_workbench):
    square = SquareTask()
    workbench = open_workbench(square.task)
    assert workbench.answer([square.recipe(x) for x in (3, 1, 2)]) == [9, 1, 4]


def test_a_second_workbench_returns_the_stored_result(open_workbench):
    square = SquareTask()
    recipe = square.recipe(3)
    open_workbench(square.task).answer([recipe])
    (answer,) = open_workbench(square.task).ask([recipe], "a page")
    assert answer.stored
    assert answer.result == 9
    assert len(square.calls) == 1


def test_the_record_has_the_device_and_the_recipe(open_workbench):
    square = SquareTask()
    recipe = square.recipe(3)
    workbench = open_workbench(square.task)
    workbench.answer([recipe])
    record = workbench.store.get(recipe.key).record
    assert record["device"] in ("cpu", "cuda", "mps")
    assert record["recipe"]["task"] == "square"


def test_recipes_that_differ_only_in_their_inputs_are_computed_in_batches(open_workbench):
    batches: list[list[str]] = []

    def compute(call: Call):
        yield Progress(0, 1)
        batches.append([recipe.method for recipe in call.recipes])
        return [StoredResult({"value": np.array(img.width)}) for img in call.pictures()]

    task = Task("width", 1, compute, read_value, batch=2)
    workbench = open_workbench(task)
    pictures = [
        workbench.pictures.keep(Image.new("RGB", (width, 9)), "test") for width in (1, 2, 3)
    ]
    recipes = [task.recipe(inputs=[p], method=m) for m in "ab" for p in pictures]
    assert workbench.answer(recipes) == [1, 2, 3, 1, 2, 3]
    assert sorted(map(len, batches)) == [1, 1, 2, 2]
    assert all(len(set(methods)) == 1 for methods in batches)


def test_an_input_of_several_recipes_is_computed_once(open_workbench):
    square = SquareTask()
    workbench = open_workbench(square.task, double_task())
    nested = Recipe("double", 1, inputs=(Recipe("double", 1, inputs=(square.recipe(3),)),))
    assert workbench.answer([nested]) == [36]
    assert workbench.answer([square.recipe(3)]) == [9]
    assert len(square.calls) == 1


def test_a_result_is_decoded_once(open_workbench):
    decoded: list[float] = []

    def read(stored: StoredResult) -> float:
        decoded.append(read_value(stored))
        return decoded[-1]

    square = SquareTask()
    recipe = square.recipe(3)
    open_workbench(square.task).answer([recipe])
    workbench = open_workbench(replace(square.task, read=read))
    assert [workbench.answer([recipe]) for _ in range(3)] == [[9]] * 3
    assert decoded == [9]


def test_a_result_that_cannot_be_stored_is_still_returned(open_workbench, monkeypatch):
    square = SquareTask()
    workbench = open_workbench(square.task)
    monkeypatch.setattr(workbench.store, "put", lambda key, result: False)
    recipe = square.recipe(6)
    assert workbench.answer([recipe]) == [36]
    assert workbench.answer([recipe]) == [36]
    assert len(square.calls) == 1


def test_a_failed_recipe_is_not_computed_again_until_it_is_retried(open_workbench):
    calls: list[int] = []
    workbench = open_workbench(failing_task("too dark; use a lamp", calls))
    recipe = Recipe("fails", 1)
    with pytest.raises(ZooscopeError, match="use a lamp"):
        workbench.answer([recipe])
    assert workbench.ask([recipe], "a page")[0].error
    assert len(calls) == 1
    workbench.retry([recipe])
    with pytest.raises(ZooscopeError, match="use a lamp"):
        workbench.answer([recipe])
    assert len(calls) == 2


@pytest.mark.parametrize("recipe", [Recipe("unknown", 1), Recipe("square", 2)])
def test_unknown_tasks_and_versions_are_refused(open_workbench, recipe):
    with pytest.raises(ZooscopeError, match="no task"):
        open_workbench(SquareTask().task).answer([recipe])


def test_a_recipe_fails_with_the_error_of_its_input(open_workbench):
    workbench = open_workbench(failing_task("too dark", []), double_task())
    with pytest.raises(ZooscopeError, match="too dark"):
        workbench.answer([Recipe("double", 1, inputs=(Recipe("fails", 1),))])


def test_a_failed_input_fails_only_its_own_recipe(open_workbench):
    square = SquareTask()
    workbench = open_workbench(square.task, failing_task("too dark", []), double_task())
    good = Recipe("double", 1, inputs=(square.recipe(3),))
    bad = Recipe("double", 1, inputs=(Recipe("fails", 1),))
    answers = workbench.ask([good, bad], "a page")
    while not all(answer.done for answer in answers):
        answers = workbench.wait([good, bad], "a page", 1)
    assert answers[0].result == 18
    assert "too dark" in str(answers[1].error)
