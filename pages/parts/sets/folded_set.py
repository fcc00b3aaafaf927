"""The picker of a page's picture set, folded away until a visitor opens it."""

from collections.abc import Sequence

import streamlit as st

from core.sets import PictureSet
from core.zoo import Card
from pages.parts.sets.set_picker import PROBLEM, first_set, pick_set
from pages.parts.shared.markdown import escape_markdown


def pick_folded_set(cards: Sequence[Card], opened_key: str) -> PictureSet | None:
    """Show the picker, closed until a visitor opens it or a link's set is missing.

    What is wrong with a link's set stands above it, where it is seen also when it is closed.

    Args:
        cards: The networks, for the set that is shown at first.
        opened_key: Key of the session state: whether the picker is open.
    """
    opened = st.session_state.setdefault(opened_key, False)
    problems = st.container()
    with st.expander("Which pictures", expanded=opened, icon=":material/photo_library:"):
        pictures = pick_set(first_set(cards), problems)
    if not opened and (pictures is None or st.session_state.get(PROBLEM)):
        st.session_state[opened_key] = True  # shows what happened to the link's set
        st.rerun()
    if pictures is not None and not opened:
        st.caption(f"{escape_markdown(pictures.name)} · {len(pictures):,} pictures")
    return pictures
