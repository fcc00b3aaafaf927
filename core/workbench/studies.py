"""Studies on this server: each is a folder beside the training runs, and a background task."""

from pathlib import Path
from typing import Any

from core.child_process import in_child_steps
from core.settings import SHIPPED_STUDIES
from core.steps import Steps
from core.train_lab.studies.rows import FILE_NAME, count_rows
from core.train_lab.studies.study import Study
from core.workbench.engine import BackgroundTask
from core.workbench.training_runs import make_room

MEASURE = "core.train_lab.studies.run:child_steps"


def study_folder(runs: Path, study: Study) -> Path:
    """Return the folder of a study on this server, which may not exist yet.

    Args:
        runs: The folder of all training runs.
        study: The study.
    """
    return runs / f"study-{study.identity}"


def shipped_file(study: Study) -> Path:
    """Return the file with the rows of a study that ships; there may be none."""
    return SHIPPED_STUDIES / f"{study.question}-{study.identity}.jsonl"


def is_finished(runs: Path, study: Study) -> bool:
    """Return whether this server has measured all rows of a study."""
    return count_rows(study_folder(runs, study) / FILE_NAME) == study.row_count


def shown_file(runs: Path, study: Study) -> Path:
    """Return the file with the rows to show: those of this server, or else those that ship.

    Of a study that ships, the rows of this server are shown when all are there.
    """
    own = study_folder(runs, study) / FILE_NAME
    shipped = shipped_file(study)
    return shipped if shipped.is_file() and not is_finished(runs, study) else own


def study_task(runs: Path, study: Study) -> BackgroundTask:
    """Return the background task that measures a study in a child process of low priority.

    Cancelled, it goes on with the next row when it is started again.

    Args:
        runs: The folder of all training runs.
        study: The study.
    """
    folder = study_folder(runs, study)

    def start() -> Steps[Any]:
        make_room(runs, folder)
        arguments = {"study": study.as_json(), "folder": str(folder)}
        return (yield from in_child_steps(MEASURE, arguments))

    return BackgroundTask(f"study:{folder.name}", start, "training", cost=240.0)
