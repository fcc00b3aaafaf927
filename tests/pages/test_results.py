"""Results on a page: progress, Cancel and Resume, failures and Try again, and previews."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ZooscopeError
from core.settings import Settings
from core.steps import Progress, Steps
from core.workbench import Workbench
from core.workbench.engine import Answer
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from tests.pages.visit import LONGEST_WAIT, button_labels, click, run_until, run_until_complete


class Square:
    """A task that squares a number: once its gate is open, and unless it is to fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False
        self.calls = 0
        self.task: Task[float] = Task("square", version=1, compute=self.compute, read=read_value)

    def compute(self, call: Call) -> Steps[list[StoredResult]]:
        self.calls += 1
        while not self.gate.wait(0.02):
            yield Progress(0, 1, note="waiting")
        yield Progress(0, 1)
        if self.fails:
            raise ZooscopeError("The **number** is too large.")
        numbers = [recipe.option("x", int) for recipe in call.recipes]
        return [StoredResult({"value": np.array(float(x) ** 2)}) for x in numbers]

    def recipe(self, x: int) -> Recipe[float]:
        return self.task.recipe(x=x)


def read_value(stored: StoredResult) -> float:
    return float(stored.arrays["value"])


@pytest.fixture
def square(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Square]:
    """The only task of the page's workbench."""
    square = Square()
    bench = Workbench(settings, {"square": square.task})
    monkeypatch.setattr("pages.parts.shared.results.workbench", lambda: bench)
    yield square
    square.gate.set()
    bench.close()


def page(requests: list) -> None:
    """Ask for each list of recipes, then show each recipe's result twice, as pages may do."""
    import streamlit as st

    from pages.parts.shared.results import Results

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    results = Results()
    for recipes in requests:
        results.ask(recipes, 0.0)
    for recipe in dict.fromkeys(recipe for recipes in requests for recipe in recipes):
        st.text(f"{results.show(recipe, 40)}")
        results.show_error(recipe)


def session(*requests: list[Recipe[float]]) -> AppTest:
    return AppTest.from_function(page, default_timeout=LONGEST_WAIT, args=(list(requests),))


def shown(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def test_results_are_shown_without_progress(square: Square):
    app = run_until_complete(session([square.recipe(2), square.recipe(3)]))
    assert shown(app) == ["4.0", "9.0"]
    assert not button_labels(app)


def test_missing_results_have_progress_and_a_placeholder(square: Square):
    square.gate.clear()
    app = session([square.recipe(2)])
    run_until(app, lambda: [bar.proto.text for bar in app.get("progress")] == ["Waiting …"])
    assert shown(app) == ["None"]
    assert button_labels(app) == ["Cancel"]
    assert len(app.get("skeleton")) == 1
    square.gate.set()
    assert shown(run_until_complete(app)) == ["4.0"]


def test_the_page_says_how_many_of_the_asked_results_are_there(square: Square):
    first = square.recipe(2)
    run_until_complete(session([first]))
    square.gate.clear()
    app = session([first, square.recipe(3), square.recipe(4)])
    run_until(app, lambda: "waiting" in app.get("progress")[0].proto.text)
    assert app.get("progress")[0].proto.text == "1 of 3, waiting …"
    assert app.get("progress")[0].proto.value == 33


def test_a_recipe_that_is_asked_twice_has_one_progress_bar(square: Square):
    square.gate.clear()
    recipe = square.recipe(2)
    app = session([recipe], [recipe], [recipe, recipe]).run()
    assert not app.exception
    assert len(app.get("progress")) == 1
    assert button_labels(app) == ["Cancel"]


def test_recipes_that_are_asked_later_have_their_own_progress_bar(square: Square):
    square.gate.clear()
    first, second = square.recipe(2), square.recipe(3)
    app = session([first], [first, second]).run()
    assert not app.exception
    assert len(app.get("progress")) == 2
    assert button_labels(app) == ["Cancel", "Cancel"]


def test_a_cancelled_result_is_computed_after_resume(square: Square):
    square.gate.clear()
    app = session([square.recipe(2)])
    run_until(app, lambda: app.get("progress") and square.calls)
    click(app, "Cancel")
    assert button_labels(app) == ["Resume"]
    assert not app.get("progress")
    assert not app.get("skeleton")  # nothing is about to appear
    calls = square.calls
    square.gate.set()
    app.run()
    assert square.calls == calls
    assert shown(app) == ["None"]
    click(app, "Resume")
    assert shown(run_until_complete(app)) == ["4.0"]
    assert not button_labels(app)


def test_cancelling_leaves_other_results_on_the_page(square: Square):
    first, second = square.recipe(2), square.recipe(3)
    app = run_until_complete(session([first]))
    square.gate.clear()
    both = session([first], [second])
    run_until(both, lambda: both.get("progress"))
    click(both, "Cancel")
    assert shown(both) == ["4.0", "None"]
    assert shown(app.run()) == ["4.0"]


def test_a_failed_result_is_computed_after_try_again(square: Square):
    square.fails = True
    app = session([square.recipe(2)])
    run_until(app, lambda: app.error)
    assert [error.value for error in app.error] == [r"The \*\*number\*\* is too large."]
    assert button_labels(app) == ["Try again"]
    square.fails = False
    click(app, "Try again")
    assert shown(run_until_complete(app)) == ["4.0"]
    assert not app.error


class AnsweringBench:
    """A workbench whose answers a test chooses: to the page, and to its progress bar."""

    def __init__(self, *answers: Answer[float]):
        self.answers = list(answers)

    def retry(self, recipes: list) -> None:
        """Called by the button "Try again"."""

    def wait(self, recipes: list, requester: str, seconds: float) -> list[Answer[float]]:
        return self.ask(recipes, requester)

    def ask(self, recipes: list, requester: str) -> list[Answer[float]]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [answer] * len(recipes)


@pytest.mark.parametrize(
    ("answers", "runs"),
    [
        ([Answer(previews=1)], 1),
        ([Answer(previews=1), Answer(previews=2)], 2),
        ([Answer(previews=1), Answer(result=4.0, previews=1)], 2),
        ([Answer(previews=0), Answer(error=ZooscopeError("It failed."))], 2),
    ],
)
def test_the_page_runs_again_where_there_is_news(monkeypatch, answers, runs: int):
    bench = AnsweringBench(*answers)
    monkeypatch.setattr("pages.parts.shared.results.workbench", lambda: bench)
    app = session([Square().recipe(2)]).run()
    assert not app.exception
    assert app.session_state["runs"] == runs


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(), "Computing …"),
        (Answer(other_sessions=1), "Waiting: 1 other visitor is being served"),
        (Answer(other_sessions=2), "Waiting: 2 other visitors are being served"),
        (
            Answer(progress=Progress(1, 2, note="reading"), other_sessions=2),
            "Reading … (2 other visitors are being served)",
        ),
    ],
)
def test_the_page_says_that_others_are_being_served(monkeypatch, answer: Answer, text: str):
    monkeypatch.setattr("pages.parts.shared.results.workbench", lambda: AnsweringBench(answer))
    app = session([Square().recipe(2)]).run()
    assert [bar.proto.text for bar in app.get("progress")] == [text]


def test_a_page_that_waits_for_another_session_says_so(square: Square, settings: Settings):
    from pages.parts.shared import results

    square.gate.clear()
    results.workbench().ask([square.recipe(x) for x in range(40)], "another session")
    app = session([square.recipe(100)])
    run_until(app, lambda: "1 other visitor" in app.get("progress")[0].proto.text)
    square.gate.set()
    assert shown(run_until_complete(app)) == ["10000.0"]
