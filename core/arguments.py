"""Checks of arguments: one function for each kind, whose errors name the way out."""

import math
from collections.abc import Iterable, Sized
from numbers import Integral, Real

from PIL import Image

from core.errors import ZooscopeError


class BadArgument(ZooscopeError):
    """An argument has a value that can't be used; the message states which values can."""


def require_count(name: str, value: object, least: int = 1) -> None:
    """Require a whole number of something.

    Args:
        name: What the number is called.
        value: The number.
        least: The smallest number accepted.

    Raises:
        BadArgument: It is not a whole number, or a smaller one.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise BadArgument(f"{name} is {value!r}; choose a whole number of at least {least}.")


def require_number(name: str, value: object, least: float = 0) -> None:
    """Require a finite number.

    Args:
        name: What the number is called.
        value: The number.
        least: The smallest number accepted.

    Raises:
        BadArgument: It is no finite number, or a smaller one.
    """
    number = float(value) if isinstance(value, Real) else math.nan
    if isinstance(value, bool) or not least <= number < math.inf:
        raise BadArgument(f"{name} is {value!r}; choose a number of at least {least}.")


def require_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Require one of several words.

    Raises:
        BadArgument: It is none of them; the message lists them.
    """
    known = list(choices)
    if value not in known:
        raise BadArgument(f"There is no {name} {value!r}; choose one of: {', '.join(known)}.")


def require_some(what: str, items: Sized) -> None:
    """Require at least one item.

    Args:
        what: What the items are, in the plural.
        items: The items.

    Raises:
        BadArgument: There are none.
    """
    if not len(items):
        raise BadArgument(f"There are no {what}; give at least one.")


def require_equal_counts(**counts: Sized) -> None:
    """Require equally many of several things, such as a class for each picture.

    Args:
        counts: The things, each under its name in the plural: `pictures=imgs, classes=classes`.

    Raises:
        BadArgument: Their lengths differ; the message has all lengths.
    """
    if len({len(items) for items in counts.values()}) > 1:
        found = ", ".join(f"{len(items)} {what}" for what, items in counts.items())
        raise BadArgument(f"The numbers differ: {found}; give equally many.")


def require_rgb(picture: Image.Image) -> None:
    """Require a picture of red, green and blue, as networks get them.

    Raises:
        BadArgument: It is none; the message says how to convert it.
    """
    if not isinstance(picture, Image.Image):
        raise BadArgument(
            f"A picture is a {type(picture).__name__}; convert it with PIL.Image.fromarray."
        )
    if picture.mode != "RGB":
        raise BadArgument(
            f'A picture has the mode {picture.mode!r}; convert it with .convert("RGB"), or open it'
            " with core.images.read."
        )
