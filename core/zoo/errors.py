"""What can go wrong between a model's name and its network."""

import difflib
from collections.abc import Iterable

from core.errors import ZooscopeError


class UnknownModel(ZooscopeError):
    """No such architecture, tag or folder."""


class WeightsUnavailable(ZooscopeError):
    """The weights can't be had, now or ever; the message says which and the way out."""


class ModelTooLarge(ZooscopeError):
    """A model or its download is larger than the settings, the disk or the memory allow."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the known names nearest to a wrong one; empty where none is near."""
    names = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" The nearest names: {', '.join(names)}." if names else ""
