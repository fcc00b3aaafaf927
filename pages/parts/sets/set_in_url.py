"""The reference of the chosen picture set in the URL, also after the browser's Back and Forward."""

import streamlit as st

from pages.parts.shared.linked import Linked

# The set follows the visitor to other pages.
LINKED = Linked()
NAME = "set"
# Keys of the session state: the reference that code has put into the URL, and the one of the URL
# for which the page ran again.
WRITTEN, REOPENED = "_set_written", "_set_reopened"


def linked_reference() -> str:
    """Return the reference of the chosen set, or of the one that a link names."""
    return str(LINKED.value(NAME) or "")


def put_in_url(reference: str) -> None:
    """Have the URL hold the set's reference.

    Back to an address without a set empties the field, and the set that was shown stays.
    """
    put = LINKED.set if st.session_state.get(WRITTEN) == reference else LINKED.assign
    st.session_state[WRITTEN] = reference
    put(NAME, reference)


def open_address(shown: str) -> None:
    """Run again where the field has another set than the page, once for each such set.

    After Back, Streamlit takes the value of the URL only when the field is made.
    """
    state = st.session_state
    if shown in ("", state.get(WRITTEN)):
        state.pop(REOPENED, None)
    elif shown != state.get(REOPENED):
        state[REOPENED] = shown
        state.pop(f"_assigned_{LINKED.key(NAME)}", None)  # it is no request in transit
        st.rerun()
