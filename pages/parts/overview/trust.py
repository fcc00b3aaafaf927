"""How far to trust the heat maps: a sentence for each network, from tests of its heat maps."""

from collections.abc import Sequence

import streamlit as st

from core import saliency
from core.saliency import Evidence
from core.workbench.recipes import Recipe
from pages.parts.overview.entry import Entry
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.verdict_text import verdict_text

# Height of a network's place in pixels: its name and a sentence of up to four lines.
HEIGHT = 150


def show(entries: Sequence[Entry]) -> None:
    """Show the verdict on each network's heat maps."""
    st.subheader("How far to trust the heat maps", anchor=False)
    st.markdown(
        "A heat map is worth believing if the network needs what it marks: the answer is lost"
        " without it, comes back with it alone, and another method marks the same. Two methods are"
        " tested here, more on the page Trust."
    )
    for entry in entries:
        with st.container(height=HEIGHT, border=False):
            st.markdown(f"{with_badge(entry.card)}  \n{_verdict(entry)}")
    st.page_link("pages/trust.py", label="Test more methods", icon=":material/fact_check:")


def _verdict(entry: Entry) -> str:
    if not entry.recipes.maps:
        return "It has no classes, so there is nothing to explain."
    recipes: list[Recipe] = [*entry.recipes.maps.values(), *entry.recipes.areas.values()]
    errors = [error for recipe in recipes if (error := entry.results.error(recipe))]
    if errors:
        return escape_markdown(errors[0])
    maps = entry.tested_maps()
    if maps is None:
        return "Testing its heat maps …"
    verdict = saliency.judge_maps(
        [
            Evidence(saliency.find(method, {}).title, shown.map, area)
            for method, (shown, area) in maps.items()
        ]
    )
    return " ".join([verdict_text(verdict), *map(escape_markdown, verdict.notes)])
