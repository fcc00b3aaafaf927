"""Training runs of a server: a killed process loses nothing, copies are apart, old runs go."""

import logging
import shutil
import time
from dataclasses import replace

import psutil
import pytest

from core.child_process import ChildFailed
from core.steps import drain
from core.train_lab import reports
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.run import CantKeep
from core.training.checkpoint import FILE_NAME as CHECKPOINT
from core.workbench.training_runs import (
    CantDelete,
    delete_run,
    delete_runs_on,
    make_room,
    run_folder,
    shown_folder,
    training_task,
)

EASY = Experiment(
    ("dog", "fir"), pictures=20, size=32, blocks=2, difficulty=Difficulty(0, 0, 0, 0), epochs=30,
    goal=1.0, rate=0.0005,
)  # fmt: skip


def test_a_killed_process_loses_nothing(tmp_path):
    folder = run_folder(tmp_path, EASY)
    steps = training_task(tmp_path, EASY).start()
    for _ in steps:
        if (folder / CHECKPOINT).is_file():
            break
    for child in psutil.Process().children():
        child.kill()
    with pytest.raises(ChildFailed, match="system has ended"):
        drain(steps)
    before, _ = reports.read(folder)
    assert before
    assert not before[-1].end
    drain(training_task(tmp_path, EASY).start())
    after, _ = reports.read(folder)
    assert after[-1].end
    assert [each.step for each in after] == sorted({each.step for each in after})
    assert after[: len(before)] == before


def test_a_copy_is_another_run_and_its_deletion_leaves_the_shared_one(tmp_path):
    shared, copy = run_folder(tmp_path, EASY), run_folder(tmp_path, EASY, "0a")
    assert shared != copy
    assert training_task(tmp_path, EASY).key != training_task(tmp_path, EASY, copy="0a").key
    for folder in (shared, copy):
        folder.mkdir()
        (folder / "file").write_text("")
    delete_run(tmp_path, EASY, "0a")
    assert shared.is_dir()
    assert not copy.exists()
    delete_run(tmp_path, EASY, "0a")  # nothing is left to delete


def test_a_copy_does_not_show_the_run_that_ships(tmp_path):
    first = Experiment()
    assert shown_folder(tmp_path, first) != run_folder(tmp_path, first)
    assert shown_folder(tmp_path, first, "0a") == run_folder(tmp_path, first, "0a")


def test_old_runs_make_room(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    make_room(tmp_path, tmp_path / "new", max_runs=2)
    assert len(list(tmp_path.iterdir())) == 1


def refuse_to_delete(monkeypatch):
    def unlink(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.unlink", unlink)


def test_a_run_that_cannot_be_deleted_is_logged_and_said(tmp_path, monkeypatch, caplog):
    folder = run_folder(tmp_path, EASY)
    folder.mkdir()
    (folder / "file").write_text("")
    refuse_to_delete(monkeypatch)
    with pytest.raises(CantDelete, match="can't be deleted") as caught:
        delete_run(tmp_path, EASY)
    assert str(tmp_path) not in str(caught.value)
    assert "Permission denied" in caplog.text


def test_the_runs_on_own_pictures_are_deleted_and_no_others(tmp_path):
    mine = replace(EASY, picture_set="archive:mine")
    others = [EASY, replace(EASY, picture_set="archive:other")]
    for experiment in (mine, *others):
        run_folder(tmp_path, experiment).mkdir()
        experiment.write(run_folder(tmp_path, experiment))
    run_folder(tmp_path, mine, copy="again").mkdir()
    mine.write(run_folder(tmp_path, mine, copy="again"))
    delete_runs_on(tmp_path, "archive:mine")
    assert set(tmp_path.iterdir()) == {run_folder(tmp_path, each) for each in others}


def test_an_old_run_that_cannot_be_deleted_does_not_stop_a_new_one(tmp_path, monkeypatch, caplog):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_text("")
    refuse_to_delete(monkeypatch)
    with caplog.at_level(logging.WARNING):
        make_room(tmp_path, tmp_path / "new", max_runs=1)
    assert "Permission denied" in caplog.text


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "runs").write_text("a file where the folder should be")
    with pytest.raises(CantKeep, match="can't write"):
        drain(training_task(tmp_path / "runs", EASY).start())


def test_a_run_that_another_session_deletes_meanwhile_is_no_error(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / reports.FILE_NAME).write_text("")
        time.sleep(0.01)
    listed = list(tmp_path.iterdir())
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda self: iter(
        listed if self == tmp_path else [self / reports.FILE_NAME]
    ))  # fmt: skip
    shutil.rmtree(tmp_path / "a")
    make_room(tmp_path, tmp_path / "new", max_runs=1)
    assert not (tmp_path / "b").exists()
