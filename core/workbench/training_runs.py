"""Training runs on this server: each is a folder, and a background task while it goes on.

Equal experiments share a run, because they have the same result. Who trains one again gets a copy,
so that nothing changes for those who look at the shared run.
"""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.child_process import ReadyChild, in_child_steps
from core.errors import ZooscopeError
from core.host_memory import memory_limits
from core.sets import PictureSet
from core.settings import SHIPPED_RUNS
from core.steps import Steps
from core.train_lab.experiment import EXPERIMENT_FILE, Experiment
from core.train_lab.own_pictures import prepare_steps
from core.train_lab.reports import FILE_NAME
from core.train_lab.run import CantKeep
from core.workbench.engine import BackgroundTask

log = logging.getLogger(__name__)

TRAIN = "core.train_lab.run:child_steps"
# Runs that are kept on the server, and their size: the one that was used least recently is deleted.
MAX_RUNS, MAX_BYTES = 40, 400_000_000


class CantDelete(ZooscopeError):
    """The files of a run can't be deleted."""


def run_folder(runs: Path, experiment: Experiment, copy: str = "") -> Path:
    """Return the folder of an experiment's run on this server, which may not exist yet.

    Args:
        runs: The folder of all runs.
        experiment: The experiment.
        copy: Name of a copy; empty for the run that equal experiments share.
    """
    return runs / (f"{experiment.identity}-{copy}" if copy else experiment.identity)


def shown_folder(runs: Path, experiment: Experiment, copy: str = "") -> Path:
    """Return the folder of the run to show: that of this server, or else one that ships."""
    own = run_folder(runs, experiment, copy)
    shipped = run_folder(SHIPPED_RUNS, experiment)
    ships = not copy and shipped.is_dir()
    return shipped if ships and not (own / FILE_NAME).is_file() else own


def ready_trainer() -> ReadyChild:
    """Return what keeps the process of the next training ready."""
    return ReadyChild(TRAIN)


def prepare_training(trainer: ReadyChild) -> None:
    """Start the process of the next training, where there is memory for one that only waits."""
    if memory_limits().trainings > 1:
        trainer.prepare()


def training_task(
    runs: Path,
    experiment: Experiment,
    find_set: Callable[[str], PictureSet] | None = None,
    copy: str = "",
    trainer: ReadyChild | None = None,
) -> BackgroundTask:
    """Return the background task that trains in a child process.

    Its key is different for each run. Cancelled, it goes on from its last finished epoch when it is
    started again.

    Args:
        runs: The folder of all runs.
        experiment: The experiment.
        find_set: Returns a picture set by its reference; needed for a visitor's own pictures.
        copy: Name of a copy; empty for the run that equal experiments share.
        trainer: The process that may be ready.
    """
    folder = run_folder(runs, experiment, copy)

    def start() -> Steps[Any]:
        make_room(runs, folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if experiment.picture_set and find_set:
                experiment.write(folder)  # by which `delete_runs_on` finds the pictures
                yield from prepare_steps(find_set(experiment.picture_set), experiment, folder)
        except OSError as error:
            raise CantKeep.because(error) from error
        arguments = {"experiment": experiment.as_json(), "folder": str(folder)}
        return (yield from in_child_steps(trainer or TRAIN, arguments))

    return BackgroundTask(f"train:{folder.name}", start, "training", cost=60.0)


def delete_run(runs: Path, experiment: Experiment, copy: str = "") -> None:
    """Delete an experiment's run, if there is one. Arguments as for `run_folder`.

    Raises:
        CantDelete: Some of its files can't be deleted.
    """
    if not delete_folder(run_folder(runs, experiment, copy)):
        raise CantDelete(
            "Some files of this run can't be deleted. Whoever runs the server can delete them; its"
            " log has the reasons."
        )


def delete_runs_on(runs: Path, picture_set: str) -> None:
    """Delete the runs that were trained on a visitor's own pictures, with the copies of these.

    What can't be deleted is logged.

    Args:
        runs: The folder of all runs.
        picture_set: The reference of the pictures.

    Raises:
        CantDelete: Some of their files can't be deleted.
    """
    folders = [file.parent for file in runs.glob(f"*/{EXPERIMENT_FILE}")
               if _picture_set(file) == picture_set]  # fmt: skip
    gone = [delete_folder(folder) for folder in folders]
    if not all(gone):
        raise CantDelete(
            "Some small copies of these pictures can't be deleted. Whoever runs the server can"
            " delete them; its log has the reasons."
        )


def make_room(runs: Path, kept: Path, max_runs: int = MAX_RUNS, max_bytes: int = MAX_BYTES) -> None:
    """Delete the runs that changed least recently, until another one has room.

    What can't be deleted is logged, and stays.

    Args:
        runs: The folder of all runs, or of other folders that have to make room.
        kept: The run that stays.
        max_runs: The largest number of runs.
        max_bytes: The largest size of the others together, in bytes.
    """
    if not runs.is_dir():
        return
    others = [folder for folder in runs.iterdir() if folder.is_dir() and folder != kept]
    others.sort(key=_changed, reverse=True)
    total = 0
    for place, folder in enumerate(others):
        total += sum(_size(file) for file in folder.iterdir())
        if place >= max_runs - 1 or total > max_bytes:
            delete_folder(folder)


def delete_folder(folder: Path) -> bool:
    """Delete a folder, and return whether it is gone. What can't be deleted is logged.

    Args:
        folder: The folder.
    """
    problems: list[BaseException] = []

    def note(_function: object, _path: object, caught: tuple[Any, BaseException, Any]) -> None:
        if not isinstance(caught[1], FileNotFoundError):  # another session was faster
            problems.append(caught[1])

    shutil.rmtree(folder, onerror=note)
    for problem in problems:
        log.warning("A file can't be deleted: %s.", problem)
    return not problems


def _picture_set(file: Path) -> str:
    """Return which pictures the experiment in a file is about; empty for drawn scenes."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get("picture_set", ""))
    except FileNotFoundError:  # another session has deleted the run
        return ""


def _changed(folder: Path) -> float:
    """Return when a run was last changed; the beginning of time if it was deleted meanwhile."""
    for file in (folder / FILE_NAME, folder):
        try:
            return file.stat().st_mtime
        except FileNotFoundError:
            continue
    return 0.0


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # deleted meanwhile
        return 0
