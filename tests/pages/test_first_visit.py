"""The first visit: what the page Overview shows at once on a server that has just started."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.overview import stories
from pages.parts.shared.session import workbench
from tests.pages.visit import charts, texts


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
