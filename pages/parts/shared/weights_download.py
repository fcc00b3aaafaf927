"""What a page shows for a network whose weights are not on this machine."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import ZooscopeError
from core.workbench.downloads import weights_download, weights_size
from core.workbench.engine import BackgroundTask
from core.zoo import Card, HubUnreachable, suggest_alternatives
from pages.parts.shared import sidebar
from pages.parts.shared.background_job import failure, offer_download, show_failure
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import workbench

UNTRAINED = "The same architecture with random weights: shows what training adds."


def offer_missing(models: Mapping[str, Card | ZooscopeError]) -> None:
    """Name the networks whose weights are still on the hub, and offer their downloads in one place.

    Where the hub can't be reached, one message says so for all of them.

    Args:
        models: The chosen networks, by name.
    """
    missing = [card for card in models.values() if isinstance(card, Card) and card.where == "hub"]
    if not missing:
        return
    with st.container(border=True):
        several = len(missing) > 1
        verb = "are" if several else "is"
        st.markdown(f":material/cloud_download: {_names(missing)} {verb} not on this machine yet.")
        unreachable = [card for card in missing if isinstance(_failure(card), HubUnreachable)]
        if len(unreachable) > 1:
            _show_unreachable(unreachable)
            missing = [card for card in missing if card not in unreachable]
        for card in missing:
            with st.container(horizontal=True, vertical_alignment="center"):
                if several:
                    st.markdown(f"**{escape_markdown(card.title)}**", width="content")
                offer_download(*_tasks(card), card.title)
                offer_untrained(card)


def _show_unreachable(cards: Sequence[Card]) -> None:
    """Say once that the hub can't be reached, with the ways out for all of these networks."""
    why = suggest_alternatives(
        "Their weights can't be downloaded: the hub can't be reached, or the connection broke."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        show_failure(why, *(task for card in cards for task in _tasks(card)))
        st.button(
            f"Open these {len(cards)} untrained", icon=":material/shuffle:",
            key="_untrained_all", on_click=_choose_untrained, args=(cards,), help=UNTRAINED,
        )  # fmt: skip


def _tasks(card: Card) -> tuple[BackgroundTask, BackgroundTask]:
    """The tasks that ask for the size of a network's weights, and that download them."""
    limit = workbench().settings.download_mb * 1_000_000
    return weights_size(card, limit), weights_download(card, limit)


def _failure(card: Card) -> Exception | None:
    return failure(*_tasks(card))


def _names(cards: Sequence[Card]) -> str:
    names = [f"**{escape_markdown(card.title)}**" for card in cards]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def offer_untrained(card: Card, place: str = "above") -> None:
    """Show a button that chooses the same architecture with random weights instead.

    Args:
        card: The network's card.
        place: Where the button is: a download that ends while the page runs may show it in two.
    """
    st.button(
        "Open untrained",
        icon=":material/shuffle:",
        key=f"_untrained_{place}_{card.name}",
        on_click=_choose_untrained,
        args=([card],),
        help=UNTRAINED,
    )


def _choose_untrained(cards: Sequence[Card]) -> None:
    others = {card.name: f"untrained/{card.architecture}" for card in cards}
    names = [others.get(name, name) for name in sidebar.models()]
    sidebar.choose_models(list(dict.fromkeys(names)))
