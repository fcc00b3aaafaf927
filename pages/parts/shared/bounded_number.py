"""Numbers from a URL, which may be anything."""

import math
from typing import TypeVar

Number = TypeVar("Number", int, float)

# Characters of the longest number that is read.
LONGEST_NUMBER = 24


def bounded(value: object, low: Number, high: Number, default: Number) -> Number:
    """Return a value as a number within bounds.

    Args:
        value: A number, or the text of one.
        low: The lowest number.
        high: The highest number.
        default: Returned where the value is not a number. Its type is the type of the result.
    """
    if not is_number(value):
        return default
    return type(default)(min(max(float(str(value)), low), high))


def is_number(value: object) -> bool:
    """Return whether a value is a finite number, or the text of one that is not too long."""
    text = str(value)
    try:
        return len(text) <= LONGEST_NUMBER and math.isfinite(float(text))
    except ValueError:
        return False
