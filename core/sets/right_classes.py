"""What counts as a right answer for the pictures of a set, and which pictures belong together."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from core.sets.picture_set import PictureSet


@runtime_checkable
class KnowsClasses(Protocol):
    """A set whose labels are not classes, or which has several pictures of the same thing."""

    def right_classes(self, index: int) -> tuple[str, ...]:
        """Return the classes that are right for a picture; empty where none is known."""
        ...

    def subject(self, index: int) -> str:
        """Return what a picture shows: equal for pictures of the same thing."""
        ...


def right_classes(pictures: PictureSet, index: int) -> tuple[str, ...]:
    """Return the classes that are right for a picture of a set; empty where none is known.

    It is the picture's label, and for photographs of the gallery the ImageNet classes that show it.

    Args:
        pictures: The set.
        index: Index of the picture.
    """
    if isinstance(pictures, KnowsClasses):
        return pictures.right_classes(index)
    label = pictures.label(index)
    return (label,) if label else ()


def subject(pictures: PictureSet, index: int) -> str:
    """Return what a picture of a set shows: equal for views of the same photograph."""
    if isinstance(pictures, KnowsClasses):
        return pictures.subject(index)
    return pictures.keys[index]


def subjects(pictures: PictureSet, indices: Sequence[int]) -> Int[np.ndarray, " n"]:
    """Return a number for each picture, equal for views of the same photograph.

    Such views are not independent: they belong into the same half of a split, and count less in
    intervals.

    Args:
        pictures: The set.
        indices: Indices of the pictures.
    """
    names = [subject(pictures, index) for index in indices]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], np.int64)
