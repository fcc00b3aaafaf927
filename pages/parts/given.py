"""A picture set that a visitor gives: a zip or several files, looked through with progress."""

import uuid

import streamlit as st
from streamlit.typing import UploadedFile

from core.errors import ZooscopeError
from core.sets import Archive, archive
from pages.parts.chooser import FILE_TYPES
from pages.parts.session import asker, forget_file, workbench
from pages.parts.text import plain

POLL = 0.4
# Looking through an archive takes turns with what takes this many seconds.
COST = 2.0
# The reference of what was given last, and the errand of what is being looked through.
GIVEN, COMING = "_set_given", "_set_coming"


def choose() -> Archive | None:
    """The set that was given last, or a link's, and a place to give another.

    Raises:
        PictureForgotten: The server no longer holds it.
    """
    _receive()
    key = f"_set_upload_{st.session_state.setdefault('_set_taken', 0)}"
    st.file_uploader(
        "A zip of pictures, or several files",
        type=[*FILE_TYPES, "zip", "csv"],
        accept_multiple_files=True,
        key=key,
        on_change=_take,
        args=(key,),
        max_upload_size=archive.MAX_UPLOAD // 1_000_000,
        help="Sub-folders are taken for classes, or a CSV with the columns file and label. Kept in"
        " a nameless file until you forget it or it has to make room.",
    )
    if problem := st.session_state.get("_set_refused"):
        st.error(plain(problem), icon=":material/folder_zip:")
    reference = st.session_state.get(GIVEN)
    if not reference:
        return None
    found = workbench().sets.archive(reference)
    st.button("Forget these pictures", icon=":material/delete:", on_click=_forget)
    return found


def _take(key: str) -> None:
    """Have what was uploaded looked through."""
    files: list[UploadedFile] = st.session_state[key]
    if not files:
        return
    name = files[0].name if len(files) == 1 else f"{len(files)} files"
    st.session_state._set_refused = None
    try:
        file = archive.packed([(one.name, one) for one in files])
    except ZooscopeError as error:
        st.session_state._set_refused = str(error)
        return
    finally:
        st.session_state._set_taken += 1  # another key empties the uploader
        for one in files:
            forget_file(one)
    shelf, owner = workbench().sets, asker()
    errand = st.session_state[COMING] = f"archive:{uuid.uuid4().hex}"
    workbench().errands.ask(
        errand, lambda: shelf.take_in_steps(file, name, owner), owner, "compute", COST
    )


def _receive() -> None:
    """How far it is looked through, or what came of it."""
    errand = st.session_state.get(COMING)
    answer = workbench().errands.under_way(errand, asker()) if errand else None
    if errand and answer and not answer.done:
        _show_progress(errand)
        st.button("Cancel", icon=":material/cancel:", key="_set_stop", on_click=_stop)
        return
    st.session_state[COMING] = None
    if answer and answer.error:
        st.session_state._set_refused = str(answer.error)
    elif answer:
        st.session_state[GIVEN] = answer.result
        st.session_state._set_problem = ""  # of a link


@st.fragment(run_every=POLL)
def _show_progress(errand: str) -> None:
    answer = workbench().errands.under_way(errand, asker())
    if answer is None or answer.done:
        st.rerun()
        return
    done, total = (answer.progress.step, answer.progress.total) if answer.progress else (0, 1)
    st.progress(done / max(1, total), text=f"Looking through them: {done:,} of {total:,}")


def _stop() -> None:
    workbench().errands.leave(st.session_state[COMING], asker())
    st.session_state[COMING] = None


def _forget() -> None:
    workbench().sets.forget(asker(), st.session_state[GIVEN])
    st.session_state[GIVEN] = None
