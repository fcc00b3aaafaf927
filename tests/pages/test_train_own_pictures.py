"""The Train page with a visitor's own pictures: uploaded, trained on, and said when lost."""

import io
import zipfile

import pytest

from core import images, scenes
from pages.parts.shared.session import workbench
from pages.parts.train.experiment_picker import OWN_PICTURES
from tests.pages.visit import button_labels, click, open_page, run_until, run_until_complete, texts


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def zipped(**counts: int) -> bytes:
    """Return a zip of scenes with a folder for each class."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, count in counts.items():
            for seed in range(count):
                img = scenes.draw(name, seed=seed, size=40, background="grass").image
                archive.writestr(f"{name}s/{seed}.png", images.png(img))
    return buffer.getvalue()


def upload(app, data, name="mine.zip"):
    open_page(app, "train", [], train_question=OWN_PICTURES, train_size="32")
    picker = next(each for each in app.file_uploader if each.label.startswith("A zip of pictures"))
    picker.upload(name, data)
    return run_until_complete(app)


def test_a_network_is_trained_on_uploaded_pictures(app, runs):
    upload(app, zipped(dog=14, fir=16))
    assert "30 pictures: dogs 14, firs 16" in texts(app)
    click(app, "Train it yourself")
    run_until(app, lambda: "Stop" not in button_labels(app))
    assert "of pictures that it has never seen" in texts(app)
    (folder,) = runs.iterdir()
    click(app, "Use this network on all pages")
    (*_, name) = app.session_state["models"]
    assert workbench().card(name).labels == ("dogs", "firs")
    assert workbench().card(name).trained_on == "a visitor's pictures"
    click(app, "Delete these pictures")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no zip at all", "not a zip archive"),
        (zipped(dog=20), "only one class"),
        (zipped(dog=20, fir=1), "'firs' has one picture"),
        (zipped(dog=5, fir=5), "10 pictures; a network needs 20"),
    ],
    ids=["no zip", "one class", "one picture", "few pictures"],
)
def test_pictures_that_do_not_do_have_a_reason(app, data, words):
    upload(app, data)
    assert words in texts(app)
    assert "Train it yourself" not in button_labels(app)


def test_pictures_that_the_server_lost_are_said_to_be_lost(app):
    open_page(app, "train", [], train_question=OWN_PICTURES, set="archive:0123456789abcdef")
    assert "Upload them again" in texts(app)
    assert "Train it yourself" not in button_labels(app)
    upload(app, zipped(dog=14, fir=16))
    assert "Train it yourself" in button_labels(app)


def test_a_link_names_the_pictures(app):
    upload(app, zipped(dog=14, fir=16))
    assert app.session_state["set"].startswith("archive:")
    assert workbench().sets.holds(app.session_state["set"])
