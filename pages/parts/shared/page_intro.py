"""The head of every page, and the switch for options that few visitors need."""

import streamlit as st

from pages.parts.shared.linked import Linked

LINKED = Linked()
EXPERT = "expert"


def show_intro(title: str, answer: str, reading: str, term: str = "") -> None:
    """Show a page's title, what the page answers, and how to read it.

    Args:
        title: A question in plain words.
        answer: One sentence: what the visitor learns here.
        reading: One sentence: how to read what is shown.
        term: A term of the glossary without which the rest can't be read; empty for none.
    """
    st.title(title, anchor=False)
    st.markdown(answer)
    st.caption(f":material/visibility: {reading}")
    if term:
        st.page_link(
            "pages/glossary.py", label=question(term), icon=":material/dictionary:",
            query_params={"glossary_words": term.lower()},
        )  # fmt: skip


def question(term: str) -> str:
    """Return the question what a term is, with the article that it takes; a name takes none."""
    if any(letter.isupper() for letter in term[1:]):  # t-SNE, CKA
        return f"What is {term}?"
    article = "an" if term[0] in "AEIOU" else "a"
    return f"What is {article} {term.lower()}?"


def show_expert_switch() -> None:
    """Show the switch; it follows the visitor to every page, and links hold it."""
    LINKED.toggle(
        "Expert options", EXPERT,
        help="Shows more settings on every page: method options, random seeds, layers by name.",
    )  # fmt: skip


def expert() -> bool:
    """Return whether rare settings are shown. Their defaults hold where they are not."""
    return bool(st.session_state.get(EXPERT))
