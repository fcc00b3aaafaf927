"""The download of a network's weights on the page Predict, from a hub on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.zoo import Starter, describe
from tests.pages.visit import button_labels, charts, click, run_until, texts
from tests.zoo.loopback_hub import File, LoopbackHub, closed_port

NAME = "test_resnet.r160_in1k"
REPOSITORY = describe(NAME).repository
START, CANCEL, RETRY = (f"_{action}_download:{REPOSITORY}" for action in
                        ("start", "cancel", "retry"))  # fmt: skip
STARTER = f"_starter_{NAME}"


@pytest.fixture
def weights(made_models: Path) -> bytes:
    return (made_models / "test_resnet" / "model.safetensors").read_bytes()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def open_network(app: AppTest) -> AppTest:
    app.query_params["models"] = [NAME]
    app.query_params["picture"] = "scene:wolf~7"
    return app.run()


def has(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_weights_are_downloaded_at_a_click(app: AppTest, hub: LoopbackHub, weights: bytes):
    hub.serve(REPOSITORY, weights)
    open_network(app)
    run_until(app, lambda: has(app, START))
    assert app.button(key=START).label == f"Download {len(weights) / 1e6:.1f} MB"
    assert hub.sent == 0
    app.button(key=START).click()
    run_until(app, lambda: charts(app))
    assert NAME in charts(app)[0]
    assert not has(app, START)


def test_a_download_shows_progress_and_can_be_cancelled_and_started_again(
    app: AppTest, hub: LoopbackHub, weights: bytes
):
    file = hub.serve(REPOSITORY, File(weights, pause=60.0))
    open_network(app)
    run_until(app, lambda: has(app, START))
    app.button(key=START).click()
    run_until(app, lambda: has(app, CANCEL) and hub.sent)
    (bar,) = app.get("progress")
    assert f"of {len(weights) / 1e6:.1f} MB" in bar.proto.text or "…" in bar.proto.text
    app.button(key=CANCEL).click()
    run_until(app, lambda: has(app, START))
    assert not app.get("progress")
    file.pause = 0.0
    app.button(key=START).click()
    run_until(app, lambda: charts(app))


def test_a_failed_download_can_be_tried_again(app: AppTest, hub: LoopbackHub, weights: bytes):
    hub.serve(REPOSITORY, weights)
    open_network(app)
    run_until(app, lambda: has(app, START))
    hub.refusal = (403, {})
    app.button(key=START).click()
    run_until(app, lambda: has(app, RETRY))
    assert app.warning
    hub.refusal = None
    app.button(key=RETRY).click()
    run_until(app, lambda: has(app, START))
    app.button(key=START).click()
    run_until(app, lambda: charts(app))


def test_without_a_hub_the_size_can_be_asked_again(
    app: AppTest, hub: LoopbackHub, weights: bytes, monkeypatch: pytest.MonkeyPatch
):
    hub.serve(REPOSITORY, weights)
    with closed_port() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        open_network(app)
        run_until(app, lambda: has(app, RETRY))
    assert "Open untrained" in button_labels(app)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    app.button(key=RETRY).click()
    run_until(app, lambda: has(app, START))


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> None:
    small = (Starter(NAME, "Small", "A small network.", 7),)
    monkeypatch.setattr("pages.parts.shared.starters.starters", lambda: small)


def get_starter(app: AppTest) -> AppTest:
    app.query_params["models"] = ["local/test_resnet"]
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    assert app.button(key=STARTER).label == "Download 7 MB and add"
    return app.button(key=STARTER).click().run()


def test_a_well_known_network_is_downloaded_and_added_by_one_click(
    app: AppTest, hub: LoopbackHub, weights: bytes, starter: None
):
    file = hub.serve(REPOSITORY, File(weights, pause=60.0))
    get_starter(app)
    assert app.session_state["models"] == ["local/test_resnet", NAME]
    run_until(app, lambda: has(app, CANCEL) and hub.sent)
    assert app.get("progress")
    app.button(key=CANCEL).click()
    file.pause = 0.0
    run_until(app, lambda: has(app, START))
    app.button(key=START).click()
    run_until(app, lambda: len(charts(app)) == 2)
    assert app.button(key=STARTER).disabled


def test_a_failed_starter_names_the_ways_out(app: AppTest, hub: LoopbackHub, starter: None):
    hub.refusal = (403, {})
    get_starter(app)
    run_until(app, lambda: has(app, RETRY))
    assert "untrained" in app.warning[0].value
    assert "Open untrained" in button_labels(app)


@pytest.mark.parametrize("page", ["saliency", "neurons", "compare"])
def test_another_page_names_the_missing_network_and_offers_its_download(
    app: AppTest, hub: LoopbackHub, weights: bytes, page: str
):
    hub.serve(REPOSITORY, weights)
    open_network(app)
    app.switch_page(f"pages/{page}.py")
    run_until(app, lambda: has(app, START))
    assert f"**{NAME}** is not on this machine yet" in texts(app)
    assert f"once the weights of **{NAME}** are here" in texts(app)


def test_without_a_hub_one_message_names_all_networks(app: AppTest, hub: LoopbackHub):
    """The same message for each network pushed the page itself out of sight."""
    others = ["test_byobnet.r160_in1k", "test_convnext.r160_in1k"]
    with closed_port() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", url)
        app.query_params["models"] = [NAME, *others]
        app.query_params["picture"] = "scene:wolf~7"
        run_until(app, lambda: app.warning and not app.get("skeleton"))
        run_until(app, lambda: "Open these 3 untrained" in button_labels(app))
    named = f"**{NAME}**, **{others[0]}** and **{others[1]}** are not on this machine yet"
    assert named in texts(app)
    assert len(app.warning) == 1
    assert button_labels(app).count("Try again") == 1
    click(app, "Open these 3 untrained")
    assert app.session_state["models"] == [
        "untrained/test_resnet", "untrained/test_byobnet", "untrained/test_convnext",
    ]  # fmt: skip
    assert not app.warning


def test_several_downloads_are_offered_in_one_place(app: AppTest, hub: LoopbackHub, weights: bytes):
    other = describe("test_byobnet.r160_in1k")
    for repository in (REPOSITORY, other.repository):
        hub.serve(repository, weights)
    app.query_params["models"] = [NAME, other.name]
    app.query_params["picture"] = "scene:wolf~7"
    starts = {START, f"_start_download:{other.repository}"}
    run_until(app, lambda: starts <= {button.key for button in app.button})
    assert texts(app).count("not on this machine yet") == 1
