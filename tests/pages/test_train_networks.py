"""The Train page: a trained network opens on all pages and from a file; networks of timm."""

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import SHIPPED_RUNS
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.network_file import network_files, pack
from pages.parts.train.network_picker import OTHER
from tests.conftest import PROJECT
from tests.pages.visit import (
    LONGEST_WAIT,
    button_labels,
    click,
    download_labels,
    open_page,
    run_until_complete,
    texts,
)

SHIPPED = SHIPPED_RUNS / Experiment().identity
STEPS = kept_steps(SHIPPED)
USE, COMPARE, DELETE = (
    "Use this network on all pages", "Compare before, during and after", "Delete my networks",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("ZOOSCOPE_NETWORKS", str(tmp_path / "networks"))


def chosen(app):
    return list(app.session_state["models"])


def file_picker(app):
    return next(each for each in app.file_uploader if "folder in timm" in each.label)


def open_file(app, data):
    file_picker(app).upload("mine.zip", data)
    return run_until_complete(app)


def test_the_network_after_a_step_is_chosen_besides_the_others(app):
    open_page(app, "train", ["untrained/test_resnet"], train_use=STEPS[5])
    click(app, USE)
    first, trained = chosen(app)
    assert first == "untrained/test_resnet"
    assert trained.startswith("trained/")
    assert "It is chosen on all pages" in texts(app)
    app.switch_page("pages/predict.py")
    run_until_complete(app)
    assert f"dog, wolf, cat · step {STEPS[5]}" in texts(app)
    assert "trained here" in texts(app)


def test_networks_before_during_and_after_are_side_by_side(app):
    others = [f"untrained/test_{name}" for name in ("resnet", "efficientnet", "nfnet", "byobnet")]
    open_page(app, "train", others)
    click(app, COMPARE)
    assert chosen(app)[0] == others[0]
    assert len(chosen(app)) == 4
    assert "3 trained networks are chosen" in texts(app)


def test_other_sessions_do_not_list_a_network(app):
    open_page(app, "train", ["untrained/test_resnet"])
    click(app, USE)
    (_, name) = chosen(app)
    other = AppTest.from_file(PROJECT / "streamlit_app.py", default_timeout=LONGEST_WAIT)
    open_page(other, "models", ["untrained/test_resnet"])
    assert name not in str(other)
    assert "trained here" not in "".join(str(each.options) for each in other.selectbox)
    open_page(app, "models", [name])
    assert "trained here, by you" in str(app.dataframe[0].value["where"].tolist())


def test_a_downloaded_file_opens_again(app):
    open_page(app, "train", ["untrained/test_resnet"])
    assert "Download" in download_labels(app)
    open_file(app, pack(network_files(SHIPPED, Experiment(), STEPS[-1])))
    from_file = chosen(app)[-1]
    click(app, USE)
    assert chosen(app)[-1] == from_file
    assert len(chosen(app)) == 2


def test_a_file_of_something_else_has_a_reason_and_another_can_be_opened(app):
    open_page(app, "train", ["untrained/test_resnet"])
    open_file(app, b"no zip at all")
    assert "not a zip archive" in texts(app)
    spoilt = io.BytesIO()
    with zipfile.ZipFile(spoilt, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.safetensors", b"\x80\x04 pickled")
    open_file(app, spoilt.getvalue())
    assert "timm's hub layout" in texts(app)
    assert chosen(app) == ["untrained/test_resnet"]
    open_file(app, pack(network_files(SHIPPED, Experiment(), STEPS[-1])))
    assert "timm's hub layout (" not in texts(app)
    assert len(chosen(app)) == 2


def test_deleted_networks_are_gone(app):
    open_page(app, "train", ["untrained/test_resnet"])
    assert DELETE not in button_labels(app)
    click(app, USE)
    click(app, DELETE)
    assert chosen(app) == ["untrained/test_resnet"]
    assert DELETE not in button_labels(app)


def test_a_network_that_is_gone_is_said_to_be_gone(app):
    open_page(app, "predict", ["trained/0123456789abcdef"])
    assert "Train it again" in texts(app)


def test_an_architecture_that_is_too_large_is_refused_in_words(app):
    open_page(app, "train", [], train_network=OTHER, train_architecture="resnet50")
    assert "25.6 million parameters" in texts(app)
    assert "Train it yourself" not in button_labels(app)


def test_a_small_architecture_of_timm_can_be_trained(app):
    open_page(app, "train", [], train_network="test_resnet")
    assert "0.5 million parameters" in texts(app)
    assert "Train it yourself" in button_labels(app)
    app.selectbox(key="train_network").set_value(OTHER)
    run_until_complete(app)
    assert "Train it yourself" not in button_labels(app)
