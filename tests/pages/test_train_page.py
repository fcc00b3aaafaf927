"""The Train page: a finished run is there at once, and a visitor can train one."""

import json
import shutil
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import psutil
import pytest

from core.settings import SHIPPED_RUNS
from core.steps import drain
from core.train_lab import reports
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.reports import Report, Setup, Tiles
from core.train_lab.run import run_steps
from core.workbench.training_runs import run_folder
from pages.parts.train.experiment_picker import GROUPS
from pages.parts.train.other_runs import KEY, differences
from pages.parts.train.outcome import outcome
from tests.pages.visit import open_page, run_until, texts

EASY = Experiment(("dog", "fir"), size=32, pictures=20, difficulty=Difficulty(0, 0, 0, 0))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def button(app, label):
    return next((each for each in app.button if each.label == label), None)


def test_a_finished_run_is_there_before_anything_was_trained(runs, app):
    open_page(app, "train", [])
    assert "It is right for" in texts(app)
    assert button(app, "Train it yourself")
    assert not runs.exists()


def open_easy(app, **changes):
    """Open the page on an experiment that takes a second."""
    settings = {
        "question": "My own choice of classes", "classes": ["dog", "fir"], "pictures": "20",
        "size": "32", "pose": 0, "smaller": 0, "background": 0, "coat": 0,
    } | changes  # fmt: skip
    open_page(app, "train", [], **{f"train_{name}": value for name, value in settings.items()})


def train(app, label):
    button(app, label).click().run()
    assert button(app, "Stop")
    run_until(app, lambda: not button(app, "Stop"))


def test_a_visitor_trains_a_run_and_trains_it_again_without_touching_the_shared_one(runs, app):
    open_easy(app)
    train(app, "Train it yourself")
    assert "**Yes.**" in texts(app)
    shared = run_folder(runs, EASY)
    files = {file.name: file.read_bytes() for file in shared.iterdir()}
    train(app, "Train again")
    assert "**Yes.**" in texts(app)
    (first_copy,) = set(runs.iterdir()) - {shared}
    train(app, "Train again")
    assert len(set(runs.iterdir()) - {shared}) == 1
    assert not first_copy.exists()
    assert {file.name: file.read_bytes() for file in shared.iterdir()} == files


def test_another_session_sees_the_shared_run_at_once(runs, app):
    drain(run_steps(EASY, run_folder(runs, EASY)))
    open_easy(app)
    assert "**Yes.**" in texts(app)
    assert not button(app, "Train it yourself")


def test_a_process_that_the_system_kills_is_said_and_training_goes_on(runs, app):
    open_easy(app, pictures="50", rate="0.0001")
    button(app, "Train it yourself").click().run()
    run_until(app, lambda: list(runs.glob("*/training.safetensors")))
    for child in psutil.Process().children():
        if "core.child_process" in child.cmdline():
            child.kill()
    run_until(app, lambda: not button(app, "Stop"))
    assert "system has ended the process" in texts(app)
    train(app, "Go on")
    assert "system has ended the process" not in texts(app)
    assert button(app, "Train again")


def test_a_run_that_is_deleted_meanwhile_can_be_trained_again(runs, app):
    open_easy(app)
    train(app, "Train it yourself")
    shutil.rmtree(run_folder(runs, EASY))
    app.run()
    assert not app.exception
    assert button(app, "Train it yourself")


def test_one_class_is_said_to_be_too_few(runs, app):
    open_page(app, "train", [], train_question="My own choice of classes", train_classes=["dog"])
    assert "2 to 28 different classes" in texts(app)


def test_another_run_is_named_by_what_is_different():
    shown = Experiment()
    other = replace(shown, rate=0.1, difficulty=replace(shown.difficulty, coat=1.0))
    assert differences(other, shown) == "learning rate 0.1, other textures 100%"


def test_other_runs_of_the_session_are_laid_over_the_shown_one(runs, app):
    app.session_state[KEY] = [replace(Experiment(), rate=0.1)]
    open_page(app, "train", [])
    picker = next(each for each in app.multiselect if each.label == "Lay other runs over it")
    assert picker.options == ["learning rate 0.1"]


def component(app, name):
    """Return the data of one of the page's own components."""
    shown = [each.proto for each in app.main.get("bidi_component")]
    return next(json.loads(each.json) for each in shown if name in each.component_name)


@pytest.mark.parametrize("blocks", [1, 5])
def test_every_part_of_the_network_is_shown_with_its_shape_and_explained(runs, app, blocks):
    open_easy(app, blocks=blocks)
    boxes = {box["name"]: box for box in component(app, "network_view")["boxes"]}
    assert f"conv{blocks}" in boxes
    assert f"conv{blocks + 1}" not in boxes
    assert boxes["picture"]["shape"] == "3 × 32 × 32"
    assert boxes["pool1"]["shape"] == "8 × 16 × 16"
    assert boxes["dense"]["shape"] == "2"
    assert "Each of its 8 filters" in boxes["conv1"]["text"]
    assert "learning rate, 0.002" in boxes["optimiser"]["text"]
    for box in boxes.values():
        sentences = box["text"].rstrip(".").split(". ")
        assert len(sentences) == 2, box["text"]


def test_an_experiment_is_in_the_link_with_its_weight_decay(runs, app):
    open_easy(app, decay="0.1", seed=7)
    link = parse_qs(urlparse(app.code[-1].value).query)
    assert link["train_decay"] == ["0.1"]
    assert link["train_seed"] == ["7"]
    assert link["train_blocks"] == [str(Experiment().blocks)]  # defaults may change later
    experiment = replace(EASY, decay=0.1, seed=7)
    drain(run_steps(replace(experiment), run_folder(runs, experiment)))
    app.run()
    assert button(app, "Train again")


def test_a_link_for_a_class_hides_controls_and_keeps_their_values(runs, app):
    open_easy(app, blocks=5, seed=7, hide=["network", "question"])
    labels = [each.label for each in (*app.slider, *app.select_slider, *app.selectbox)]
    assert "Blocks" not in labels
    assert "Question" not in labels
    assert "Learning rate" in labels
    assert "A link for your class" not in [each.label for each in app.expander]
    boxes = [box["name"] for box in component(app, "network_view")["boxes"]]
    assert "conv5" in boxes
    train(app, "Train it yourself")
    assert run_folder(runs, replace(EASY, blocks=5, seed=7)).is_dir()


def test_a_link_that_hides_everything_shows_only_the_run(runs, app):
    open_easy(app, hide=list(GROUPS))
    assert not [each for each in app.expander if "Change the pictures" in each.label]
    assert button(app, "Train it yourself")


def test_the_page_says_what_the_run_that_ships_has_reached(runs, app):
    found, _ = reports.read(SHIPPED_RUNS / Experiment().identity)
    open_page(app, "train", [])
    last = found[-1]
    shown = f"It is right for **{last.validation_accuracy:.0%}** of pictures that it has never seen"
    assert f"**Yes.** {shown} ({last.step} steps" in texts(app)
    assert "guessing is right for 33%, the goal is 90%" in texts(app)


def test_a_run_that_was_never_measured_claims_no_accuracy():
    setup = Setup(("dog", "fir"), ("conv1",), ("conv1",), 10)
    pixels = Tiles((1, 1, 1, 1), "AA==")
    report = Report(1, 0.1, 0.5, 0.7, 0.5, (0.1,), (0.5, 0.5), pixels, (pixels,))
    text = outcome(EASY, setup, [report])
    assert "before it was tried on new pictures" in text
    assert "%" not in text
