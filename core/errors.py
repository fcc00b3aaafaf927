"""The base class of Zooscope's errors, and a suggestion for misspelt names."""

import difflib
from collections.abc import Iterable


class ZooscopeError(Exception):
    """An error that the user can fix; the message states the problem and the way out."""


def suggest_names(name: str, known: Iterable[str]) -> str:
    """Return a sentence that lists the known names nearest to an unknown name.

    Args:
        name: The unknown name, probably misspelt.
        known: The names that exist.

    Returns:
        " The nearest names: …." with a leading space, to append to an error message; empty if no
        known name is similar.
    """
    names = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" The nearest names: {', '.join(names)}." if names else ""
