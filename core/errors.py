"""The root of Zooscope's own errors, and the hint they give where a name is wrong."""

import difflib
from collections.abc import Iterable


class ZooscopeError(Exception):
    """Something the user can mend; the message says what is wrong and the way out."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the known names nearest to a wrong one; empty where none is near."""
    names = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" The nearest names: {', '.join(names)}." if names else ""
