"""Glossary: the terms of all pages, in plain words."""

from collections.abc import Sequence

import streamlit as st

from core import glossary
from core.glossary import Term
from pages.parts.shared.frame import framed
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import show_intro

LINKED = Linked("glossary")


def show() -> None:
    show_intro(
        "What does that word mean?",
        "Every term that the pages use, in one to three plain sentences.",
        "Type a word to search, or read a topic from top to bottom; each term links to a page that"
        " shows it.",
    )
    words = LINKED.text("Search", "words", placeholder="logit, heat map, CKA …")
    found = glossary.find(words)
    if not found:
        st.info("No term contains these words. Try a shorter one.", icon=":material/search_off:")
    for topic in dict.fromkeys(term.topic for term in found):
        st.subheader(topic, anchor=False)
        _show_terms([term for term in found if term.topic == topic])


def _show_terms(terms: Sequence[Term]) -> None:
    with st.grid(3, min_column_width=260) as grid:
        for term in terms:
            with grid.cell(), st.container(border=True, height="stretch"):
                st.markdown(f"**{term.name}**  \n{term.text}")
                if term.page:
                    st.page_link(f"pages/{term.page}.py", icon=":material/arrow_forward:")


framed(show)
