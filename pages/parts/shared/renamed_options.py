"""Links that hold the old name of an option: it is replaced by the present one."""

from collections.abc import Mapping

import streamlit as st

from pages.parts.shared.linked_state import LinkedState


def accept_old_options(linked: LinkedState, name: str, renamed: Mapping[str, str]) -> None:
    """Replace an option's old name in the URL; called before the widget is made.

    Streamlit reads the URL before the script runs, so the script runs again.

    Args:
        linked: The page's linked widgets.
        name: The widget's name.
        renamed: The present names by the old ones.
    """
    linked.value(name)  # takes over a parameter of an even older link
    key = linked.key(name)
    renamed_to = renamed.get(st.query_params.get(key, ""))
    if key in st.session_state or renamed_to is None:
        return
    del st.query_params[key]
    st.query_params[key] = renamed_to
    st.rerun()
