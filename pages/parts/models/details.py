"""Details of the networks on the shortlist, side by side."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.compare import NetworkSize
from core.errors import ZooscopeError
from core.workbench.tasks.size import size_recipe
from core.zoo import Card, distinct_titles
from core.zoo.coverage import CAPABILITIES, coverage
from pages.parts.models.filters import WHERE
from pages.parts.shared.layer_picker import usable
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

UNSTATED = "not stated"


def show(names: Sequence[str]) -> None:
    """Show a table with a column for each network."""
    cards: dict[str, Card] = {}
    for name in names:
        try:
            card = workbench().card(name)
        except ZooscopeError as error:
            st.warning(escape_markdown(error), icon=":material/help:")
        else:
            cards[card.name] = card
    if not cards:
        return
    st.subheader("Details", anchor=False)
    sizes, titles = _sizes(cards), distinct_titles(cards)
    facts = {titles[name]: _facts(card, sizes.get(name)) for name, card in cards.items()}
    st.table(
        pd.DataFrame(
            {
                escape_markdown(title): {fact: escape_markdown(text) for fact, text in own.items()}
                for title, own in facts.items()
            }
        )
    )
    if len(sizes) < len(cards):
        st.caption("\\* of the architecture, with timm's default classes and input size")


def _sizes(cards: dict[str, Card]) -> dict[str, NetworkSize]:
    """Return the sizes of the networks on this machine, as they are loaded, by name."""
    results = Results()
    recipes = {name: size_recipe(card) for name, card in usable(cards).items()}
    results.ask(list(recipes.values()))
    results.show_errors(list(recipes.values()))
    return results.values(recipes)


def _facts(card: Card, size: NetworkSize | None) -> dict[str, str]:
    _, height, width = card.input_size
    figures, note = (size, "") if size else (card.facts, "*")
    return {
        "Trained on": "nothing: random weights"
        if card.source == "untrained"
        else card.trained_on or UNSTATED,
        "Licence": card.license or UNSTATED,
        "Year": card.year or UNSTATED,
        "Family": card.facts.family if card.facts else UNSTATED,
        "Kind": card.facts.kind if card.facts else UNSTATED,
        "Parameters": f"{figures.parameters / 1e6:.1f} M{note}" if figures else UNSTATED,
        "Multiply-adds": f"{figures.multiply_adds / 1e9:.2f} G{note}" if figures else UNSTATED,
        "Input": f"{width} × {height} pixels",
        "Classes": f"{len(card.labels):,}" if card.labels else "none",
        "Weights": card.refusal or WHERE[card.where],
        "Does not work": _missing(card),
    }


def _missing(card: Card) -> str:
    """Return what does not work for a network's architecture, and why, in words."""
    found = coverage(card.architecture)
    if found is None:
        return "not checked"
    unchecked = {key: f"not checked: {reason}" for key, reason in found.not_counted.items()}
    titles_by_reason: dict[str, list[str]] = {}
    for key, reason in (found.fails | unchecked).items():
        titles_by_reason.setdefault(reason, []).append(CAPABILITIES[key])
    return (
        "; ".join(f"{', '.join(titles)} ({reason})" for reason, titles in titles_by_reason.items())
        or "nothing: all of it was checked"
    )
