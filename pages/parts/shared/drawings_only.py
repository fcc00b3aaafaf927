"""Banners for networks beside a kind of picture that they never saw: a photograph, or a drawing."""

from collections.abc import Iterable

import streamlit as st

from core.pictures import Picture
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown

# How the references of drawn scenes begin.
SCENE = "scene:"


def show_drawings_only(cards: Iterable[Card], picture: Picture) -> None:
    """Warn where networks that know only drawn scenes are given another picture.

    Args:
        cards: The networks on the page.
        picture: The picture; an upload counts as a photograph.
    """
    taught = [card for card in cards if card.knows_scenes_only]
    if not taught or picture.reference.startswith(SCENE):
        return
    names = _names(taught)
    verb, pronoun = ("was", "it says") if len(taught) == 1 else ("were", "they say")
    st.warning(
        f"{names} {verb} taught on drawings only and never saw a photograph: what {pronoun} about"
        " this picture means little. Choose a drawn scene, or a network that knows photographs.",
        icon=":material/draw:",
    )


def show_photographs_only(cards: Iterable[Card], picture: Picture) -> None:
    """Say where networks that know only photographs are given a drawn scene.

    Args:
        cards: The networks on the page.
        picture: The picture.
    """
    taught = [card for card in cards if knows_imagenet_only(card)]
    if not taught or not picture.reference.startswith(SCENE):
        return
    verb, pronoun = ("was", "it says") if len(taught) == 1 else ("were", "they say")
    st.info(
        f"{_names(taught)} {verb} taught on the photographs of ImageNet and never saw drawings like"
        f" this one: what {pronoun} about it means little. Networks with the badge “drawn scenes”"
        " know them.",
        icon=":material/photo_camera:",
    )


def knows_imagenet_only(card: Card) -> bool:
    """Return whether all known training data of a network are parts of ImageNet."""
    return bool(card.trained_on) and all(
        name.startswith("ImageNet") for name in card.trained_on.split(", then ")
    )


def _names(cards: Iterable[Card]) -> str:
    return " and ".join(f"**{escape_markdown(card.title)}**" for card in cards)
