"""The Workbench that all sessions share, and what belongs to this session."""

import uuid

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.typing import UploadedFile

from core.settings import Settings
from core.workbench import Workbench

# Key of the session state: the page that the last run has shown.
LAST_PAGE = "_last_page"


@st.cache_resource(show_spinner="Setting up the workbench …", max_entries=1)
def workbench() -> Workbench:
    """Return the server's Workbench."""
    made = Workbench(Settings.from_environment())
    made.decoder.start()
    return made


def session_id() -> str:
    """Return this session's id, under which it requests results and owns its pictures."""
    return str(st.session_state.setdefault("_session_id", uuid.uuid4().hex))


def note_page(name: str) -> None:
    """Note at the end of a run which page was shown."""
    st.session_state[LAST_PAGE] = name


def arrived_at(name: str) -> bool:
    """Return whether this is the first run of a page after another one, or of the session."""
    return bool(st.session_state.get(LAST_PAGE) != name)


def uploaded_files(key: str) -> list[UploadedFile]:
    """Return what an uploader or a camera holds, for its callback.

    A request that was under way may repeat files that were read and discarded in the meantime; for
    those Streamlit has a placeholder, which is left out.
    """
    held = st.session_state[key]
    files = held if isinstance(held, list) else [held]
    return [file for file in files if isinstance(file, UploadedFile)]


def discard_upload(file: UploadedFile) -> None:
    """Remove an uploaded file from Streamlit, which otherwise keeps it until the session's end.

    There is no public function for this; Streamlit's own chat input does the same.
    """
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
