"""Starts, shows and stops the measurement of a study, and says where the shown figures are from."""

from functools import partial
from pathlib import Path

import streamlit as st

from core.steps import Progress
from core.train_lab.studies.rows import count_rows
from core.train_lab.studies.study import Study
from core.workbench.studies import is_finished, shipped_file, shown_file, study_task
from pages.parts.shared import background_job
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.rare_option import shows_option
from pages.parts.shared.session import session_id, workbench

LINKED = Linked("train")


def pick_seed() -> int:
    """Return the first random seed; its widget is for experts, and for links that set it."""
    if not shows_option(LINKED, "study_seed", 0):
        return 0
    return LINKED.number(
        "First random seed", 0, 10**6, "study_seed", 0,
        help="Three seeds in a row: each has its own weights and pictures.",
    )  # fmt: skip


def show_controls(study: Study, cost: str) -> Path:
    """Show how to measure a study and how far it is, and return the file with the rows to show.

    Args:
        study: The study.
        cost: What it trains and how long that takes, a sentence.
    """
    runs = workbench().settings.runs
    task = study_task(runs, study)
    file = shown_file(runs, study)
    answer = workbench().background_jobs.state(task.key, session_id())
    if answer is not None and answer.error:
        background_job.show_failure(str(answer.error), task)
    elif answer is not None and not answer.done:
        background_job.show_progress(task.key, partial(_progress_text, study))
        st.caption("What is measured is kept: *Go on* continues after it.")
    else:
        _show_start(study, file, cost)
    return file


def _progress_text(study: Study, now: Progress) -> str:
    return f"{now.step} of {study.row_count} measured{f': {now.note}' if now.note else ''} …"


def _show_start(study: Study, file: Path, cost: str) -> None:
    runs = workbench().settings.runs
    task = study_task(runs, study)
    if is_finished(runs, study):
        st.caption(
            ":material/check: Measured on this server. The same seeds give the same figures again."
        )
        return
    rows = count_rows(file)
    shipped = file == shipped_file(study)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Go on" if rows and not shipped else "Measure it yourself",
            icon=":material/play_arrow:", on_click=background_job.start, args=(task,),
            key=f"_start_{task.key}",
        )  # fmt: skip
        origin = "These figures ship with Zooscope. " if shipped else ""
        st.caption(escape_markdown(origin + cost), width="content")
