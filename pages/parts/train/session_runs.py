"""The runs that this session looks at: the shared ones, and its copies of those it trains again."""

import secrets
from pathlib import Path

import streamlit as st

from core.train_lab.experiment import Experiment
from core.workbench.engine import BackgroundTask
from core.workbench.training_runs import (
    delete_run,
    prepare_training,
    run_folder,
    shown_folder,
    training_task,
)
from pages.parts.shared.session import workbench

# Key of the session state: names of copies by the experiment's identity.
COPIES = "_training_copies"


def own_folder(experiment: Experiment) -> Path:
    """Return the folder of this session's run, which may not exist yet."""
    return run_folder(_runs(), experiment, _copy(experiment))


def folder_to_show(experiment: Experiment) -> Path:
    """Return the folder of the run to show: this session's, or else one that ships."""
    return shown_folder(_runs(), experiment, _copy(experiment))


def task(experiment: Experiment) -> BackgroundTask:
    """Return the background task that trains this session's run."""
    return training_task(
        _runs(), experiment, workbench().sets.find, _copy(experiment), workbench().trainer
    )


def prepare() -> None:
    """Prepare the next training, while the visitor still looks at the page."""
    prepare_training(workbench().trainer)


def start_copy(experiment: Experiment) -> None:
    """Let this session look at a new copy, which has no steps yet, and delete its earlier copy.

    Others go on looking at the shared run.

    Raises:
        CantDelete: The earlier copy can't be deleted.
    """
    earlier = _copy(experiment)
    st.session_state.setdefault(COPIES, {})[experiment.identity] = secrets.token_hex(4)
    if earlier:
        delete_run(_runs(), experiment, earlier)


def delete(experiment: Experiment) -> None:
    """Delete a run on the visitor's own pictures, with its copies of them.

    Raises:
        CantDelete: Some of its files can't be deleted.
    """
    delete_run(_runs(), experiment)


def _copy(experiment: Experiment) -> str:
    return str(st.session_state.get(COPIES, {}).get(experiment.identity, ""))


def _runs() -> Path:
    return workbench().settings.runs
