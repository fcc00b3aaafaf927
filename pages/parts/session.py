"""The Workbench all sessions share, and what is this session's own."""

import uuid

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.typing import UploadedFile

from core.settings import Settings
from core.workbench import Workbench


@st.cache_resource(show_spinner="Setting up the workbench …", max_entries=1)
def workbench() -> Workbench:
    return Workbench(Settings.from_environment())


def asker() -> str:
    """This session's name, under which it asks for results and owns its pictures."""
    return str(st.session_state.setdefault("_asker", uuid.uuid4().hex))


def held(key: str) -> object:
    """What a bound widget holds, or what a link says it should; None where neither does."""
    return st.session_state.get(key, st.query_params.get(key))


def forget_file(given: UploadedFile) -> None:
    """Have Streamlit let go of an uploaded file, which it keeps until the session's end.

    It has no public way to; its own chat input does the same.
    """
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, given.file_id)
