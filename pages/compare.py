"""Compare: how up to four networks differ inside, in what they predict, and in cost."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.errors import ZooscopeError
from core.sets import PictureSet
from core.zoo import Card
from pages.parts.compare import agreement, backbones, layer_similarity
from pages.parts.sets.folded_set import pick_folded_set
from pages.parts.shared import sidebar
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import show_no_model, usable
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results

LINKED = Linked("compare")
OPENED = "_compare_pictures_opened"

COST, SIMILARITY = "Cost and accuracy", "Layer similarity"
# What the views are called in older links, and parameters that only one of them has.
RENAMED = {"Backbones": COST, "Layers alike": SIMILARITY}
OF_SIMILARITY = ("one", "other", "row", "column")

View = Callable[[Results, Mapping[str, Card], PictureSet], None]
# Costs and accuracy come first: they are there within seconds.
VIEWS: Mapping[str, View] = {
    COST: backbones.show,
    "Agreement": agreement.show,
    SIMILARITY: layer_similarity.show,
}


def show() -> None:
    show_intro(
        "How do they differ?",
        "Compare up to four networks: which does better and what it costs, where they disagree,"
        " and which of their layers do the same.",
        "All figures are for the pictures below, so choose pictures that the networks should know.",
    )
    chosen = sidebar.models()
    models = usable(chosen)
    _show_left_out({name: card for name, card in chosen.items() if name not in models})
    if not models:
        show_no_model()
        return
    _open_similarity_of_old_links()
    accept_old_options(LINKED, "view", RENAMED)
    view = LINKED.segmented("View", list(VIEWS), "view", label_visibility="collapsed")
    pictures = pick_folded_set(list(models.values()), OPENED)
    if pictures is None:
        st.info("Choose pictures above.", icon=":material/photo_library:")
        return
    VIEWS[view](Results(), models, pictures)


def _open_similarity_of_old_links() -> None:
    """Open the view that was the first one when a link was made.

    Streamlit reads the URL before the script runs, so the script runs again.
    """
    key = LINKED.key("view")
    if key in st.session_state or key in st.query_params:
        return
    if any(LINKED.key(name) in st.query_params for name in OF_SIMILARITY):
        st.query_params[key] = SIMILARITY
        st.rerun()


def _show_left_out(models: Mapping[str, Card | ZooscopeError]) -> None:
    """Say which chosen networks are not compared, and why."""
    for name, card in models.items():
        why = card if isinstance(card, ZooscopeError) else "download its weights first, on Predict."
        title = name if isinstance(card, ZooscopeError) else card.title
        words = f"{escape_markdown(title)} is left out: {escape_markdown(why)}"
        st.warning(words, icon=":material/block:")


framed(show)
