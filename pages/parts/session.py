"""The Workbench all sessions share, and what is this session's own."""

import uuid

import streamlit as st

from core.settings import Settings
from core.workbench import Workbench


@st.cache_resource(show_spinner="Setting up the workbench …", max_entries=1)
def workbench() -> Workbench:
    return Workbench(Settings.from_environment())


def asker() -> str:
    """This session's name, under which it asks for results and owns its pictures."""
    return str(st.session_state.setdefault("_asker", uuid.uuid4().hex))
