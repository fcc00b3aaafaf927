"""Links may hold anything: no value of a parameter crashes a page, or has it show a path."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import ZooscopeError
from core.settings import Settings
from core.workbench import Workbench
from pages.parts.shared.frame import PAGES
from tests.conftest import PROJECT
from tests.pages.conftest import new_session
from tests.pages.hostile_links import (
    DIGITS,
    LINKS,
    LONG,
    MODELS,
    REFERENCES,
    damaged,
    offered,
    random_link,
)
from tests.pages.visit import EFFICIENTNET, PICTURE, RESNET, run_until_complete, texts

PAGE_NAMES = [entry[0] for entry in PAGES]
SCENES = "scenes:12~7"
# Good values of the parameters that all pages share.
SHARED: Mapping[str, str | Sequence[str]] = {
    "models": [RESNET, EFFICIENTNET], "picture": PICTURE, "set": SCENES,
    "methods": ["Integrated gradients"],
}  # fmt: skip
# Characters of the longest text that a page may show of a parameter.
LONGEST_TEXT = 20_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results that all tests of this module share."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(autouse=True)
def _shared_store(quick_results: None, monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    monkeypatch.setenv("ZOOSCOPE_STORE", str(store))


def follow(page: str, parameters: Mapping[str, str | Sequence[str]], runs: int = 2) -> AppTest:
    """Follow a link in a new session, and interact once, without waiting for results."""
    app = new_session()
    for name, value in {**SHARED, **parameters}.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py")
    for _ in range(runs):
        app.run()
        assert not app.exception, (app.exception, page, parameters)
    shown = texts(app)
    for path in (str(PROJECT), os.environ["ZOOSCOPE_MODELS"], "site-packages"):
        assert path not in shown, (page, parameters)
    assert len(shown) < LONGEST_TEXT, (page, parameters)
    return app


@pytest.mark.timeout(0 if LINKS > 20 else 300)
@pytest.mark.parametrize("page", PAGE_NAMES)
def test_no_random_link_crashes_a_page(app: AppTest, page: str):
    parameters = offered(follow(page, {}, runs=1))
    assert {"models", "picture"} <= set(parameters)
    for attempt in range(LINKS):
        link = random_link(page, parameters, attempt)
        # Options open further views, which have further parameters.
        parameters |= offered(follow(page, link))


def test_results_open_parameters_of_their_own(app: AppTest):
    """Page numbers are used once there are predictions."""
    link = {"compare_view": "Agreement", "compare_page": DIGITS, "compare_differing": "inf"}
    run_until_complete(follow("compare", link))


PICTURES = [text for text in REFERENCES if text.startswith(("scene:", "photo:", "upload:"))]
SETS = [text for text in REFERENCES if text not in PICTURES]
GOOD_PICTURES = ["scene:wolf~7~background=snow~scale=0.5~mirrored=yes", "photo:coffee",
                 "upload:0123456789abcdef"]  # fmt: skip
GOOD_SETS = ["scenes:12~7~classes=dog,wolf~backgrounds=snow", "pictures:scene:dog~3,photo:coffee",
             "folder:pictures:0123456789abcdef", "archive:0123456789abcdef", "gallery:01234567",
             *GOOD_PICTURES]  # fmt: skip


@pytest.fixture
def bench(settings: Settings, made_models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(made_models))
    workbench = Workbench(Settings.from_environment())
    yield workbench
    workbench.close()


def test_any_reference_is_found_or_refused(bench: Workbench):
    found = 0
    for text in (*REFERENCES, *LONG, *damaged(GOOD_PICTURES, 50 * LINKS)):
        with suppress(ZooscopeError):
            found += bench.pictures.find(text).image.width > 0
    for text in (*REFERENCES, *LONG, *damaged(GOOD_SETS, 50 * LINKS)):
        with suppress(ZooscopeError):
            found += len(bench.sets.find(text)) > 0
    for text in (*MODELS, *damaged([RESNET, "untrained/test_resnet@5", "resnet18"], 50 * LINKS)):
        with suppress(ZooscopeError):
            found += bench.card(text).input_size[0] > 0
    assert found


@pytest.mark.parametrize("picture", PICTURES, ids=lambda text: ascii(text)[:30])
def test_a_picture_that_cannot_be_found_is_refused(bench: Workbench, picture: str):
    with pytest.raises(ZooscopeError):
        bench.pictures.find(picture)


@pytest.mark.parametrize("reference", SETS, ids=lambda text: ascii(text)[:30])
def test_a_set_that_cannot_be_found_is_refused(bench: Workbench, reference: str):
    with pytest.raises(ZooscopeError):
        bench.sets.find(reference)


def test_a_picture_or_set_that_cannot_be_found_is_a_warning(app: AppTest):
    for picture in (f"scene:wolf~{DIGITS}", f"upload:{DIGITS}"):
        assert follow("predict", {"picture": picture}, runs=1).warning
    for reference in (f"scenes:{DIGITS}~7", "folder:../..:0"):
        assert follow("compare", {"set": reference}, runs=1).warning


def test_fifty_networks_are_four(app: AppTest):
    names = [f"untrained/test_resnet@{seed}" for seed in range(50)]
    assert len(follow("predict", {"models": names}).session_state["models"]) == 4
