"""The first visit: what the page Overview shows at once on a server that has just started."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.workbench.recipes import Recipe
from pages.parts.shared import stories
from pages.parts.shared.session import workbench
from tests.pages.visit import PICTURE, charts, texts


@pytest.fixture
def quick_results() -> None:
    """Nothing is made quicker: what ships are results of full quality."""


def test_a_first_visit_computes_nothing(
    app: AppTest, installed: list[str], monkeypatch: pytest.MonkeyPatch
):
    """Everything about the first photograph and the installed networks ships with the app."""
    bench = workbench()
    started: list[object] = []
    monkeypatch.setattr(bench, "_start_jobs", lambda recipes, _: started.extend(recipes))
    app.query_params["models"] = installed
    app.query_params["picture"] = stories.PHOTO
    app.switch_page("pages/overview.py").run()
    assert not app.exception
    assert not started
    assert len(charts(app)) == len(installed)
    assert not app.get("skeleton")
    assert texts(app).count("…") == 0


def test_the_neurons_of_a_bundled_network_and_what_they_find_are_shown_at_once(
    app: AppTest, bundled: list[str], monkeypatch: pytest.MonkeyPatch
):
    """Only the pictures that excite a channel most do not ship."""
    bench = workbench()
    started: list[Recipe[Any]] = []
    monkeypatch.setattr(bench, "_start_jobs", lambda recipes, _: started.extend(recipes))
    for name in bundled:
        app.query_params["models"] = [name]
        app.query_params["picture"] = PICTURE
        app.switch_page("pages/neurons.py").run()
        assert not app.exception
        assert {recipe.task for recipe in started} <= {"responses"}, name
        assert "IoU 0." in texts(app), name
