"""Links that hold old names of options: they are replaced by the present ones."""

from collections.abc import Mapping

import streamlit as st

from pages.parts.shared.linked_state import LinkedState


def accept_old_options(linked: LinkedState, name: str, renamed: Mapping[str, str]) -> None:
    """Replace the old names of a widget's options in the URL; called before the widget is made.

    Streamlit reads the URL before the script runs, so the script runs again.

    Args:
        linked: The page's linked widgets.
        name: The widget's name.
        renamed: The present names by the old ones.
    """
    linked.value(name)  # takes over a parameter of an even older link
    key = linked.key(name)
    held = st.query_params.get_all(key)
    present = [renamed.get(option, option) for option in held]
    if key in st.session_state or present == held:
        return
    del st.query_params[key]
    st.query_params[key] = present
    st.rerun()
