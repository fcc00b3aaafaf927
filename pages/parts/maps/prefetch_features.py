"""Features of a set for several recipes, read in one pass."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.workbench.recipes import Recipe
from pages.parts.shared.results import Results
from pages.parts.shared.session import session_id, workbench

DONE = "_maps_done"


def prefetch_features(wanted: Sequence[Recipe[Any]], features: Sequence[Recipe[Any]]) -> None:
    """Start reading all layers of a network in one pass, before each map asks for its own.

    Nothing is started once everything wanted has been there: features are large to load.

    Args:
        wanted: Recipes that need the features.
        features: Recipes of the features.
    """
    done = st.session_state.setdefault(DONE, set())
    if any(recipe.key not in done for recipe in wanted):
        workbench().ask(list(dict.fromkeys(features)), session_id())


def remember_done(results: Results, wanted: Sequence[Recipe[Any]]) -> None:
    """Note which recipes are there, for `prefetch_features`."""
    done = st.session_state.setdefault(DONE, set())
    done.update(recipe.key for recipe in wanted if results.done([recipe]))
