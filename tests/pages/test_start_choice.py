"""What a first visit opens with: installed networks and a photograph, or the next best start."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.zoo.installed import PACKAGES
from pages.parts.shared.session import workbench
from tests.pages.conftest import new_session


def start(app: AppTest) -> tuple[str, list[str]]:
    """Return the picture and the networks of a first visit."""
    app.run()
    assert not app.exception
    return app.session_state["picture"], app.session_state["models"]


@pytest.fixture
def shipped(app: AppTest, bundled: list[str], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.delenv("ZOOSCOPE_MODELS")
    return app


def test_real_networks_and_a_photograph_come_first(shipped, installed):
    assert start(shipped) == ("photo:chelsea", installed)


def test_without_the_packages_bundled_networks_see_a_drawn_scene(shipped, bundled):
    picture, models = start(shipped)
    assert picture.startswith("scene:")
    assert models == bundled[:2]


def test_a_package_with_another_file_is_left_out(shipped, installed, bundled, monkeypatch):
    first, second = PACKAGES
    changed = {first: replace(PACKAGES[first], sha256="0" * 64), second: PACKAGES[second]}
    monkeypatch.setattr("core.zoo.installed.PACKAGES", changed)
    assert start(shipped) == ("photo:chelsea", [f"installed/{second}", bundled[0]])


def test_a_folder_that_cannot_be_written_leaves_the_bundled_networks(
    shipped, installed, bundled, monkeypatch, tmp_path: Path
):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ZOOSCOPE_NETWORKS", str(tmp_path / "file" / "networks"))
    assert start(new_session())[1] == bundled[:2]


def test_a_link_keeps_its_networks(shipped, installed, bundled):
    shipped.query_params["models"] = bundled[:1]
    assert start(shipped) == ("scene:wolf~7~background=snow", bundled[:1])


@pytest.mark.parametrize("page", ["saliency", "trust", "maps"])
def test_what_a_first_visit_opens_from_the_overview_ships(
    shipped, installed, page, monkeypatch: pytest.MonkeyPatch
):
    shipped.run()
    started: list[str] = []
    monkeypatch.setattr(
        workbench(), "_start_jobs",
        lambda recipes, requester: started.extend(recipe.task for recipe in recipes),
    )  # fmt: skip
    shipped.switch_page(f"pages/{page}.py").run()
    assert not shipped.exception
    assert started == []
    assert not shipped.get("progress")
