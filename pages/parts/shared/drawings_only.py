"""A banner for networks that were taught on drawings only, beside a photograph."""

from collections.abc import Iterable

import streamlit as st

from core.pictures import Picture
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown


def show_drawings_only(cards: Iterable[Card], picture: Picture) -> None:
    """Warn where networks that know only drawn scenes are given another picture.

    Args:
        cards: The networks on the page.
        picture: The picture; an upload counts as a photograph.
    """
    taught = [card for card in cards if card.knows_scenes_only]
    if not taught or picture.reference.startswith("scene:"):
        return
    names = " and ".join(f"**{escape_markdown(card.title)}**" for card in taught)
    verb, pronoun = ("was", "it says") if len(taught) == 1 else ("were", "they say")
    st.warning(
        f"{names} {verb} taught on drawings only and never saw a photograph: what {pronoun} about"
        " this picture means little. Choose a drawn scene, or a network that knows photographs.",
        icon=":material/draw:",
    )
