"""Choosing saliency methods; the URL keeps their titles."""

from collections.abc import Sequence

import streamlit as st

from core import saliency
from core.saliency import Method
from pages.parts.session import held


def choose(first: Sequence[str]) -> list[Method]:
    """Let methods be chosen.

    Args:
        first: Keys of those that a newcomer sees, and whoever chooses none.
    """
    titles = {method.title: method for method in saliency.methods().values()}
    slow = ", ".join(title for title, method in titles.items() if method.slow)
    if not held("methods"):
        st.session_state.methods = [saliency.find(key, {}).title for key in first]
    chosen = st.multiselect(
        "Methods", list(titles), key="methods", bind="query-params",
        help=f"These take hundreds of passes, so one waits for them: {slow}.",
    )  # fmt: skip
    return [titles[title] for title in chosen] or [saliency.find(key, {}) for key in first]


def choose_one(label: str, methods: Sequence[Method]) -> Method:
    """Let one of these be chosen."""
    titles = {method.title: method for method in methods}
    if held("method") not in titles:
        st.session_state.method = next(iter(titles))
    chosen = st.selectbox(label, list(titles), key="method", bind="query-params")
    return titles[chosen or next(iter(titles))]
