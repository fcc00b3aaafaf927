"""Several sessions at a workbench: turns, limits of each session, and what it knows of others."""

from core.workbench import workbench as workbench_module
from core.workbench.recipes import Recipe
from tests.workbench.small_tasks import SECONDS, SquareTask, double_task


def test_a_session_s_recipes_are_computed_between_those_of_a_session_with_many(open_workbench):
    square = SquareTask(batch=1)
    workbench = open_workbench(square.task)
    square.gate.clear()
    many = [square.recipe(x) for x in range(50)]
    workbench.ask(many, "ada")
    assert square.entered.wait(SECONDS)
    workbench.ask([square.recipe(100)], "bob")
    square.gate.set()
    workbench.answer(many, "ada")
    assert square.computed.index(100) <= 2


def test_an_answer_knows_how_many_other_sessions_are_served(open_workbench):
    square = SquareTask(batch=1)
    workbench = open_workbench(square.task, double_task())
    square.gate.clear()
    mine = square.recipe(1)
    others = [square.recipe(2), Recipe("double", 1, inputs=(square.recipe(3),))]
    assert workbench.ask([mine], "ada")[0].other_sessions == 0
    for session in ("bob", "eve"):
        workbench.ask(others, session)
    assert workbench.ask([mine], "ada")[0].other_sessions == 2
    workbench.withdraw(others, "eve")
    assert workbench.ask([mine], "ada")[0].other_sessions == 1
    square.gate.set()
    assert workbench.answer([mine], "ada") == [1]
    assert workbench.ask([mine], "ada")[0].other_sessions == 0


def test_a_session_s_further_recipes_start_when_earlier_ones_have_ended(
    open_workbench, monkeypatch
):
    monkeypatch.setattr(workbench_module, "MAX_JOBS", 3)
    square = SquareTask(batch=1)
    workbench = open_workbench(square.task)
    square.gate.clear()
    recipes = [square.recipe(x) for x in range(10)]
    answers = workbench.ask(recipes, "ada")
    assert len(workbench._under_way(recipes)) == 3
    assert "earlier computations" in answers[-1].progress.note
    workbench.ask(recipes, "ada")
    assert len(workbench._under_way(recipes)) == 3
    theirs = [square.recipe(x) for x in range(20, 22)]
    workbench.ask(theirs, "bob")
    assert len(workbench._under_way(theirs)) == 2
    square.gate.set()
    assert workbench.answer(recipes, "ada") == [x**2 for x in range(10)]


def test_what_a_job_needs_starts_beyond_the_limit(open_workbench, monkeypatch):
    monkeypatch.setattr(workbench_module, "MAX_JOBS", 1)
    square = SquareTask()
    workbench = open_workbench(square.task, double_task())
    nested = Recipe("double", 1, inputs=(square.recipe(3),))
    assert workbench.answer([nested], "ada") == [18]
