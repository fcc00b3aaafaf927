"""What a page shows for a network whose weights are not on this machine."""

from collections.abc import Mapping

import streamlit as st

from core.errors import ZooscopeError
from core.workbench.downloads import weights_download, weights_size
from core.zoo import Card
from pages.parts.shared import sidebar
from pages.parts.shared.background_job import offer_download
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import workbench


def offer_missing(models: Mapping[str, Card | ZooscopeError]) -> None:
    """Name the networks whose weights are still on the hub, and offer each download.

    Args:
        models: The chosen networks, by name.
    """
    for card in models.values():
        if isinstance(card, Card) and card.where == "hub":
            with st.container(border=True):
                offer_weights(card)


def offer_weights(card: Card) -> None:
    """Offer the download of a network's weights, and the same network untrained."""
    limit = workbench().settings.download_mb * 1_000_000
    st.markdown(
        f":material/cloud_download: **{escape_markdown(card.title)}** is not on this machine yet."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_download(weights_size(card, limit), weights_download(card, limit), card.title)
        offer_untrained(card)


def offer_untrained(card: Card) -> None:
    """Show a button that chooses the same architecture with random weights instead."""
    st.button(
        "Open untrained",
        icon=":material/shuffle:",
        key=f"_untrained_{card.name}",
        on_click=_choose_untrained,
        args=(card,),
        help="The same architecture with random weights: shows what training adds.",
    )


def _choose_untrained(card: Card) -> None:
    names = [
        f"untrained/{card.architecture}" if name == card.name else name for name in sidebar.models()
    ]
    sidebar.choose_models(list(dict.fromkeys(names)))
