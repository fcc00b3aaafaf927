"""What the chosen networks say about a drawn scene: a line for each."""

import streamlit as st

from core import predict
from core.pictures import Picture
from core.workbench.tasks.logits import PictureLogits, logits_recipe
from core.zoo import Card
from pages.parts.shared import sidebar
from pages.parts.shared.drawings_only import show_photographs_only
from pages.parts.shared.layer_picker import usable
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results


def show(results: Results, picture: Picture) -> None:
    """Show each network's top class, and what that is worth.

    Args:
        results: Of the page.
        picture: The drawn scene.
    """
    st.subheader("What the networks say", anchor=False)
    cards = [card for card in usable(sidebar.models()).values() if card.labels]
    if not cards:
        st.caption("Choose a network with classes in the sidebar to see what it says.")
        return
    recipes = [logits_recipe(card, picture.id) for card in cards]
    results.ask(recipes)
    lines = [
        _line(card, results.value(recipe)) for card, recipe in zip(cards, recipes, strict=True)
    ]
    st.markdown("  \n".join(lines))
    results.show_errors(recipes)
    show_photographs_only(cards, picture)


def _line(card: Card, computed: PictureLogits | None) -> str:
    if computed is None:
        return f"{with_badge(card)} :gray[has not answered yet.]"
    (top,) = predict.ranking(computed.logits, card.labels, 1)
    chance = ", by chance: it is untrained" if card.source == "untrained" else ""
    return (
        f"{with_badge(card)} says **{escape_markdown(top.label)}** ({top.probability:.0%}){chance}."
    )
