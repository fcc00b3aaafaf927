"""Overview: one picture and up to four networks, from the pixels to the answer, at one glance."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import zoo
from core.pictures import Picture
from core.workbench.overview import depth_layers, overview_recipes, picture_recipes, unit_recipes
from core.workbench.recipes import Recipe
from core.zoo import Card
from pages.parts.overview import differences, pixel_path, predictions, trust
from pages.parts.overview.entry import Entry
from pages.parts.shared import sidebar, stories
from pages.parts.shared.frame import framed
from pages.parts.shared.layer_picker import show_no_model, usable
from pages.parts.shared.page_intro import show_intro
from pages.parts.shared.results import Results


def show() -> None:
    show_intro(
        "Zooscope",
        "See how neural networks see: what they say about a picture, what their neurons look for,"
        " where they looked, and how far to trust that.",
        "Choose another picture or up to four networks in the sidebar; every block links to the"
        " page that shows more of it.",
    )
    stories.show_row()
    blocks, below = st.container(), st.container()
    with below:
        stories.show_cards()
    models, picture = usable(sidebar.models()), sidebar.picture()
    if not models or picture is None:
        show_no_model("a picture and ")
        return
    with blocks:
        _show_blocks(models, picture)


def _show_blocks(models: Mapping[str, Card], picture: Picture) -> None:
    """Ask what the page needs, and show it; what is shown first is asked first."""
    results, titles = Results(), zoo.distinct_titles(models)
    entries = [
        Entry(card, titles[name], picture, overview_recipes(card, picture.id), results)
        for name, card in models.items()
    ]
    progress = predictions.show_heading()
    first = [recipe for entry in entries for recipe in entry.recipes.first]
    results.ask(first, show_progress=False)
    predictions.show(entries, picture)
    results.ask(_later(entries), patience=0, show_progress=False)
    results.ask(_pictures(entries), patience=0, show_progress=False)
    with progress:
        results.show_progress()
    pixel_path.show(entries)
    left, right = st.columns(2, gap="large")
    with left:
        differences.show(entries)
    with right:
        trust.show(entries)


def _later(entries: Sequence[Entry]) -> list[Recipe]:
    """Return the recipes of what is shown second: units and maps, then votes and scores."""
    units: list[Recipe] = []
    for entry in entries:
        layers = entry.results.value(entry.recipes.layers)
        if layers is not None:
            units += unit_recipes(entry.card, entry.picture.id, layers).values()
    return [*units, *(recipe for entry in entries for recipe in entry.recipes.later)]


def _pictures(entries: Sequence[Entry]) -> list[Recipe]:
    """Return the recipes of what the units look for whose indices are known."""
    recipes: list[Recipe] = []
    for entry in entries:
        layers = entry.results.value(entry.recipes.layers)
        if layers is None:
            continue
        by_title = unit_recipes(entry.card, entry.picture.id, layers)
        for title, layer in depth_layers(layers).items():
            units = entry.results.value(by_title[title])
            if units is not None:
                recipes += picture_recipes(entry.card, layer, units)
    return recipes


framed(show)
