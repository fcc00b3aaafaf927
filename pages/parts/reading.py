"""Features of a set for several recipes, read in one pass."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.engine import Answer
from core.recipes import Recipe
from pages.parts.session import asker, workbench


def together(wanted: Sequence[Recipe], features: Sequence[Recipe | str]) -> None:
    """Start reading a network's layers in one pass, before each map asks for its own.

    Args:
        wanted: What needs them. Once all of it was there nothing is asked: features are large.
        features: Recipes of them.
    """
    seen = st.session_state.setdefault("_maps_seen", set())
    if any(recipe.key not in seen for recipe in wanted):
        needed = [one for one in features if isinstance(one, Recipe)]
        workbench().ask(list(dict.fromkeys(needed)), asker())


def remember(found: Mapping[Recipe, Answer]) -> None:
    """Note what is there, for `together`."""
    seen = st.session_state.setdefault("_maps_seen", set())
    seen.update(recipe.key for recipe, answer in found.items() if answer.done)
