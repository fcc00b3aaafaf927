"""The networks that this session has trained or opened from a file; no other session lists them."""

import streamlit as st

from core.train_lab.network_file import NetworkFiles
from core.workbench.trained_networks import delete_network, keep_network
from pages.parts.shared.session import workbench

# Key of the session state: the networks' names, the latest last.
KEY = "_own_networks"


def names() -> list[str]:
    """Return the names of the networks ("trained/DIGEST"), the latest last."""
    return list(st.session_state.get(KEY, ()))


def keep(files: NetworkFiles) -> str:
    """Keep a network on the server, put it on this session's list, and return its name.

    Raises the errors of `keep_network`.
    """
    name = keep_network(files, workbench().settings)
    st.session_state[KEY] = [*(other for other in names() if other != name), name]
    return name


def delete() -> None:
    """Delete the networks of this session, in a callback."""
    for name in names():
        delete_network(name, workbench().settings)
    st.session_state[KEY] = []
