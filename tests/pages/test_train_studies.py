"""The views of the Train page that compare many networks: shipped figures, and measuring them."""

import shutil

import pytest

from core.train_lab.studies.rows import FILE_NAME
from core.train_lab.studies.study import depth_study, transfer_study
from core.workbench.studies import shipped_file, study_folder
from tests.pages.visit import open_page, run_until, texts

DEPTH, LIKENESS, TRANSFER = "What depth buys", "Faces beside cars", "Faces, then cars"


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def button(app, label):
    return next((each for each in app.button if each.label == label), None)


@pytest.mark.parametrize(
    ("view", "claim", "charts"),
    [
        (DEPTH, "Depth buys 4 points", 3),
        (LIKENESS, "Matched filters of faces and cars correlate by", 1),
        (TRANSFER, "The first blocks transfer best", 1),
    ],
)
def test_a_view_opens_with_a_finished_result_its_cost_and_its_table(runs, app, view, claim, charts):
    open_page(app, "train", [], train_view=view)
    shown = texts(app)
    assert claim in shown
    assert "These figures ship with Zooscope." in shown
    assert "of one processor core" in shown
    assert len(app.get("plotly_chart")) == charts
    assert [each.proto.label for each in app.get("download_button")] == ["CSV"]
    assert not runs.exists()


def test_what_is_said_follows_the_number_of_kept_blocks(runs, app):
    open_page(app, "train", [], train_view=TRANSFER, train_kept=3)
    assert "the first 3 blocks from faces gave 29 points more" in texts(app)


def test_a_study_is_measured_in_the_background_and_can_be_cancelled_and_gone_on_with(runs, app):
    study = depth_study(seed=7)
    open_page(app, "train", [], train_view=DEPTH, train_study_seed=7)
    assert "Nothing is measured yet for this choice." in texts(app)
    button(app, "Measure it yourself").click().run()
    assert "0 of 15 measured" in app.get("progress")[0].proto.text
    button(app, "Cancel").click().run()
    assert button(app, "Measure it yourself")
    # Some of its rows are there.
    rows = shipped_file(depth_study()).read_text(encoding="utf-8").splitlines(keepends=True)
    folder = study_folder(runs, study)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text("".join(rows[:7]), encoding="utf-8")
    app.run()
    assert button(app, "Go on")
    assert "Depth buys" in texts(app)
    (folder / FILE_NAME).write_text("".join(rows), encoding="utf-8")
    app.run()
    assert not button(app, "Go on")
    assert "Measured on this server." in texts(app)


def test_rows_of_this_server_replace_those_that_ship_once_all_are_there(runs, app):
    study = transfer_study()
    folder = study_folder(runs, study)
    folder.mkdir(parents=True)
    shutil.copyfile(shipped_file(study), folder / FILE_NAME)
    open_page(app, "train", [], train_view=TRANSFER)
    run_until(app, lambda: "Measured on this server." in texts(app))
    assert not button(app, "Measure it yourself")


def test_a_link_for_a_class_that_hides_controls_shows_its_experiment(runs, app):
    open_page(app, "train", [], train_view=TRANSFER, train_hide=["network"])
    assert button(app, "Train it yourself")
    assert "transfer best" not in texts(app)
