"""One network: watch it learn to tell pictures apart, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import ZooscopeError
from core.train_lab import reports
from core.train_lab.experiment import Experiment
from core.train_lab.reports import Report
from core.workbench.engine.job import ABANDONED_AFTER
from core.workbench.training_runs import CantDelete
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import session_id, workbench
from pages.parts.train.class_link import hidden_groups, offer_class_link
from pages.parts.train.expectation import ask_expectation, compare_with_expectation
from pages.parts.train.experiment_picker import pick_experiment
from pages.parts.train.network_view import components_of, show_network
from pages.parts.train.other_runs import OtherRun, pick_other_runs, remember
from pages.parts.train.outcome import outcome
from pages.parts.train.player import show_player
from pages.parts.train.session_runs import (
    delete,
    folder_to_show,
    own_folder,
    prepare,
    start_copy,
    task,
)
from pages.parts.train.step_lens import show_step_lens
from pages.parts.train.use_network import offer_file, offer_use

POLL = 0.3
# What this session's player has, a `Sent`.
SENT = "_reports_sent"
# The latest reports are sent again with the next ones: the browser may skip an update.
REPEATED = 20


@dataclass(frozen=True)
class Sent:
    """What the player of a run has.

    Attributes:
        count: Number of reports.
        position: Position after them in the run's file.
        repeated: The latest of them.
    """

    count: int = 0
    position: int = 0
    repeated: tuple[Report, ...] = ()


def show() -> None:
    """Show the pickers of an experiment, its run, and what can be done with it."""
    hidden = hidden_groups()
    try:
        experiment = pick_experiment(hidden)
        components = components_of(experiment) if experiment else ()
    except ZooscopeError as error:
        experiment = None
        st.error(escape_markdown(error), icon=":material/error:")
    if experiment:
        _show_run(experiment)
        show_network(components, experiment)
        if not hidden and not experiment.picture_set:
            offer_class_link(experiment)
    offer_file()


def _show_run(experiment: Experiment) -> None:
    answer = workbench().background_jobs.state(task(experiment).key, session_id())
    running = answer is not None and not answer.done
    folder = own_folder(experiment) if running else folder_to_show(experiment)
    found, _ = reports.read(folder)
    if not found and not running:
        ask_expectation(experiment)
    _show_buttons(experiment, found, running)
    if answer is not None and answer.error:
        st.error(escape_markdown(answer.error), icon=":material/error:")
    if running:
        st.session_state[SENT] = Sent()  # the player may be a new one
        _poll(experiment)
        return
    prepare()
    setup = reports.read_setup(folder)
    if setup and found:
        expected = compare_with_expectation(experiment, found[-1].end)
        st.markdown(outcome(experiment, setup, found) + expected)
        others = pick_other_runs(experiment)
        _show_player(folder, found, 0, running=False, others=others)
        offer_use(experiment, folder)
        show_step_lens(experiment)


def _show_buttons(experiment: Experiment, found: Sequence[Report], running: bool) -> None:
    """Show the buttons that start and stop a run, and train it again or delete it.

    A run on the visitor's own pictures is nobody else's, and holds copies of them.
    """
    own = own_folder(experiment).is_dir()
    if running:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", icon=":material/stop:", on_click=_stop, args=(experiment,))
            st.caption(
                f"Training stops {ABANDONED_AFTER:.0f} seconds after this page is closed. *Go on*"
                " continues after the last finished epoch.",
                width="content",
            )
        return
    with st.container(horizontal=True):
        if not (own and found and found[-1].end):
            label = "Go on" if own and found else "Train it yourself"
            st.button(label, icon=":material/play_arrow:", type="primary", on_click=_start,
                      args=(experiment,))  # fmt: skip
        if own and experiment.picture_set:
            st.button("Delete this run", icon=":material/delete:", on_click=_delete,
                      args=(experiment,))  # fmt: skip
        elif own and found:
            st.button(
                "Train again", icon=":material/replay:", on_click=_train_again,
                args=(experiment,),
                help="Once more from the first step. Other visitors keep what they see.",
            )  # fmt: skip


@st.fragment(run_every=POLL)
def _poll(experiment: Experiment) -> None:
    """Send the new reports of a run to the player until the run ends."""
    answer = workbench().background_jobs.ask(task(experiment), session_id())
    if answer.done:
        st.rerun()
    sent = st.session_state[SENT]
    new, position = reports.read(own_folder(experiment), sent.position)
    kept = [*sent.repeated, *new]
    start = sent.count - len(sent.repeated)
    st.session_state[SENT] = Sent(sent.count + len(new), position, tuple(kept[-REPEATED:]))
    if kept:
        _show_player(own_folder(experiment), kept, start, running=True)
    else:
        note = answer.progress.note if answer.progress else "waiting for a free place to train"
        st.caption(f":material/hourglass_top: {note.capitalize()} …")


def _show_player(
    folder: Path,
    found: Sequence[Report],
    start: int,
    running: bool,
    others: Sequence[OtherRun] = (),
) -> None:
    setup, picture = reports.read_setup(folder), reports.read_picture(folder)
    if setup and picture:
        show_player(folder.name, setup, picture, found, start, running, others)


def _start(experiment: Experiment) -> None:
    remember(experiment)
    background_jobs = workbench().background_jobs
    background_jobs.forget(task(experiment).key)
    background_jobs.ask(task(experiment), session_id())


def _stop(experiment: Experiment) -> None:
    workbench().background_jobs.withdraw(task(experiment).key, session_id())


def _train_again(experiment: Experiment) -> None:
    try:
        start_copy(experiment)
    except CantDelete as error:
        st.error(escape_markdown(error), icon=":material/error:")
    _start(experiment)


def _delete(experiment: Experiment) -> None:
    workbench().background_jobs.forget(task(experiment).key)
    try:
        delete(experiment)
    except CantDelete as error:
        st.error(escape_markdown(error), icon=":material/error:")
