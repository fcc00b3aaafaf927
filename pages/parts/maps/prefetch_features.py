"""Features of a set for several recipes, read in one pass."""

from collections.abc import Sequence
from typing import Any

from core.workbench.recipes import Recipe
from pages.parts.shared.session import session_id, workbench


def prefetch_features(wanted: Sequence[Recipe[Any]], features: Sequence[Recipe[Any]]) -> None:
    """Start reading all layers of a network in one pass, before each map asks for its own.

    Nothing is started where everything wanted is there: features are large to load.

    Args:
        wanted: Recipes that need the features.
        features: Recipes of the features.
    """
    if not workbench().has(wanted):
        workbench().ask(list(dict.fromkeys(features)), session_id())
