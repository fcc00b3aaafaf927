"""Titles that tell the models on a page apart."""

from collections import Counter
from collections.abc import Mapping

from core.zoo.card import Card


def distinct_titles(cards: Mapping[str, Card]) -> dict[str, str]:
    """Return a title to display for each model, different from the titles of all others.

    `Card.title` leaves out the source of a model, so that `local/X`, `bundled/X` and the hub's `X`
    have equal titles. Models with equal titles are called by their full names instead. A full name
    with a slash can't equal a title, because titles have no slash. A full name without a slash is
    that of a hub model and equals its title, so no other model is called by it either.

    Args:
        cards: The cards by the models' names (`Card.name`).

    Returns:
        The titles by the models' names, in the order of `cards`.
    """
    counts = Counter(card.title for card in cards.values())
    return {name: card.title if counts[card.title] == 1 else name for name, card in cards.items()}
