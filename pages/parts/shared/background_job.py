"""A background task on a page: its size, its start, its progress, Cancel, failure and result."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.steps import Progress
from core.workbench.engine import Answer, BackgroundTask
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.other_visitors import served_in_turn
from pages.parts.shared.session import session_id, workbench

POLL = 0.4

Describe = Callable[[Progress], str]


def offer_download(
    size: BackgroundTask, download: BackgroundTask, title: str, explanation: str = ""
) -> None:
    """Show a download in whatever state it is: its size and a button, progress, or its failure.

    Args:
        size: Asks how many bytes there are.
        download: Downloads them.
        title: What is downloaded.
        explanation: Shown above the button; nothing where empty.
    """
    answer = workbench().background_jobs.state(download.key, session_id())
    if answer is None:
        _offer_start(size, download, explanation)
    elif answer.error:
        show_failure(str(answer.error), size, download)
    elif not answer.done:
        show_progress(download.key, lambda now: _downloaded(now, title))


def failure(size: BackgroundTask, download: BackgroundTask) -> Exception | None:
    """Return why a download, or the request for its size, failed; None where neither did."""
    answer = workbench().background_jobs.state(download.key, session_id())
    return answer.error if answer is not None else _ask(size).error


def start(task: BackgroundTask) -> None:
    """Start a task, in a callback; a message says why it can't be started."""
    if error := _ask(task).error:
        st.toast(escape_markdown(error), icon=":material/cloud_off:")


def show_progress(key: str, describe: Describe) -> None:
    """Show how far a task under way is, with a Cancel button; the page runs again when it ends.

    Args:
        key: The task's key.
        describe: Returns the text beside the progress bar.
    """
    _progress_bar(key, describe)
    st.button(
        "Cancel", icon=":material/cancel:", key=f"_cancel_{key}",
        on_click=workbench().background_jobs.withdraw, args=(key, session_id()),
    )  # fmt: skip


def show_failure(message: str, *tasks: BackgroundTask) -> None:
    """Show why a task failed, with a button that lets it be started again."""
    st.warning(escape_markdown(message), icon=":material/cloud_off:")
    keys = [task.key for task in tasks]
    st.button(
        "Try again", icon=":material/refresh:", key=f"_retry_{keys[-1]}",
        on_click=workbench().background_jobs.forget, args=keys,
    )  # fmt: skip


def _offer_start(size: BackgroundTask, download: BackgroundTask, explanation: str) -> None:
    answer = _ask(size)
    if answer.error:
        show_failure(str(answer.error), size, download)
    elif answer.result is None:
        _wait_for_size(size)
    else:
        if explanation:
            st.caption(explanation)
        st.button(
            f"Download {answer.result / 1e6:.1f} MB", icon=":material/download:", type="primary",
            key=f"_start_{download.key}", on_click=start, args=(download,),
        )  # fmt: skip


def _ask(task: BackgroundTask) -> Answer[Any]:
    return workbench().background_jobs.ask(task, session_id())


@st.fragment(run_every=POLL)
def _wait_for_size(size: BackgroundTask) -> None:
    if _ask(size).done:
        st.rerun()
    st.caption(":material/cloud_download: Asking for the size …")


@st.fragment(run_every=POLL)
def _progress_bar(key: str, describe: Describe) -> None:
    answer = workbench().background_jobs.state(key, session_id())
    if answer is None or answer.done:
        st.rerun()
        return
    now = answer.progress or Progress(0, 1)
    others = served_in_turn(answer.other_sessions)
    text = escape_markdown(describe(now)) + (f" ({others})" if others else "")
    st.progress(now.step / max(1, now.total), text=text)


def _downloaded(now: Progress, title: str) -> str:
    amount = f"{now.step / 1e6:.1f} of {now.total / 1e6:.1f} MB"
    return f"Fetching {title}: {f'{now.note} …' if now.note else amount}"
