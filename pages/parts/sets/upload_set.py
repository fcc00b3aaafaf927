"""A picture set that a visitor uploads: a zip or several files, checked with progress."""

import uuid

import streamlit as st

from core.errors import ZooscopeError
from core.sets import Archive, archive
from core.steps import Progress
from core.workbench.engine import BackgroundTask
from core.workbench.training_runs import CantDelete, delete_runs_on
from pages.parts.shared.background_job import show_progress
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.picture_sources import FILE_TYPES
from pages.parts.shared.session import discard_upload, session_id, uploaded_files, workbench

# Rough seconds that checking an archive takes, for its turn among other computations.
COST = 2.0
# Keys of the session state: the reference of the latest upload, the key of the task that checks
# one, why one was refused, and the number of uploads so far.
REFERENCE, CHECKING, REFUSED = "_set_uploaded", "_set_checking", "_set_refused"
NUMBER = "_set_upload_number"
KIND = "_set_upload_kind"
FILES, FOLDER = UPLOADS = ("A zip or files", "A folder")


def open_reference(reference: str) -> None:
    """Choose an uploaded set that a link names."""
    st.session_state[REFERENCE] = reference


def pick_upload(folders: bool = False) -> Archive | None:
    """Show the uploader, and return the latest uploaded set; None where there is none.

    Args:
        folders: Whether a visitor can also choose to upload a folder with its sub-folders.

    Raises:
        PictureForgotten: The server no longer has it.
    """
    _take_checked()
    of_folder = folders and st.segmented_control("Upload", UPLOADS, key=KIND, required=True,
                                                 default=UPLOADS[0]) == FOLDER  # fmt: skip
    key = f"_set_upload_{of_folder}_{st.session_state.setdefault(NUMBER, 0)}"
    st.file_uploader(
        "A folder of pictures" if of_folder else "A zip of pictures, or several files",
        type=[*FILE_TYPES, "zip", "csv"],
        accept_multiple_files="directory" if of_folder else True,
        key=key,
        on_change=_upload,
        args=(key,),
        max_upload_size=archive.MAX_UPLOAD // 1_000_000,
        help="Sub-folders become classes; or add a CSV with the columns file and label. Kept in a"
        " temporary file until you delete it or the server needs the room.",
    )
    if problem := st.session_state.get(REFUSED):
        st.error(escape_markdown(problem), icon=":material/folder_zip:")
    reference = st.session_state.get(REFERENCE)
    if not reference:
        return None
    uploaded = workbench().sets.archive(reference)
    st.button("Delete these pictures", icon=":material/delete:", on_click=_delete)
    return uploaded


def _upload(key: str) -> None:
    """Start checking what was uploaded."""
    files = uploaded_files(key)
    if not files:
        return
    name = files[0].name if len(files) == 1 else f"{len(files)} files"
    st.session_state[REFUSED] = None
    try:
        packed = archive.pack_files([(file.name, file) for file in files])
    except ZooscopeError as error:
        st.session_state[REFUSED] = str(error)
        return
    finally:
        st.session_state[NUMBER] += 1  # another key empties the uploader
        for file in files:
            discard_upload(file)
    sets, owner = workbench().sets, session_id()
    task = BackgroundTask(
        f"archive:{uuid.uuid4().hex}",
        lambda: sets.add_archive_steps(packed, name, owner),
        lane="child",
        cost=COST,
    )
    answer = workbench().background_jobs.ask(task, owner)
    if answer.error:
        st.session_state[REFUSED] = str(answer.error)
    else:
        st.session_state[CHECKING] = task.key


def _take_checked() -> None:
    """Show how far checking is, or take the set that was checked."""
    key = st.session_state.get(CHECKING)
    answer = workbench().background_jobs.state(key, session_id()) if key else None
    if key and answer is not None and not answer.done:
        show_progress(key, _describe)
        return
    st.session_state[CHECKING] = None
    if answer is None:  # nothing was uploaded, or checking was cancelled
        return
    if answer.error:
        st.session_state[REFUSED] = str(answer.error)
    else:
        st.session_state[REFERENCE] = answer.result
        st.session_state["_set_problem"] = ""  # of a link


def _describe(now: Progress) -> str:
    return f"Checking files: {now.step:,} of {now.total:,}"


def delete_runs() -> None:
    """Delete the training runs on the latest uploaded set, which keep small copies of it."""
    reference = st.session_state.get(REFERENCE)
    if not reference:
        return
    try:
        delete_runs_on(workbench().settings.runs, reference)
    except CantDelete as error:
        st.toast(escape_markdown(error), icon=":material/error:")


def _delete() -> None:
    delete_runs()
    workbench().sets.forget(session_id(), st.session_state[REFERENCE])
    st.session_state[REFERENCE] = None
