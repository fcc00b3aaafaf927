"""The search, the filters and the shortlist of the page Models, kept while other pages are open.

The browser's Back leads to an address without their values, for which Streamlit empties the
widgets as it makes them.
"""

import streamlit as st

from pages.parts.shared.linked import Linked

LINKED = Linked("models")
NAMES = ("search", "family", "kind", "where", "shortlist")
# Keys of the session state: what was chosen at the end of the last run, and whether the next run
# brings it back.
KEPT, RESTORES = "_kept_of_models", "_restores_models"


def restore() -> None:
    """Bring back what `keep` has found emptied; call it before the widgets."""
    if st.session_state.pop(RESTORES, False):
        kept = st.session_state[KEPT]
        st.session_state.update({key: value for key, value in kept.items() if value})


def keep(arrived: bool) -> None:
    """Note what is chosen; call it after the widgets.

    Args:
        arrived: Whether the visitor comes from another page. Back within the page may empty a
            search: then that is what the visitor wants.
    """
    keys = [LINKED.key(name) for name in NAMES]
    chosen = {key: st.session_state.get(key) for key in keys}
    kept = st.session_state.get(KEPT, {})
    if arrived and any(kept.values()) and not any(chosen.values()):
        st.session_state[RESTORES] = True
        st.rerun()
    st.session_state[KEPT] = chosen
