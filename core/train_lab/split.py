"""Split pictures into training and validation pictures such that no copy is on both sides.

A network that has seen a picture, or a copy of it, knows the answer by heart; the accuracy would
then be too high. So pictures that look alike are kept together: equal ones, and the same picture in
another size or file format. Two pictures look alike if their thumbnails of 16 × 16 pixels hardly
differ. Crops, mirror images and pictures of one thing from other sides are not recognised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from core.errors import ZooscopeError

# Side of a thumbnail in pixels.
SIDE = 16
# Root of the mean squared difference of two thumbnails, in steps of 0 to 255, up to which pictures
# count as copies: half of the thumbnails' standard deviation, within these bounds. Copies of
# photographs differ by up to 2.4, or 5.3 where single pixels were left out; different photographs
# by 9.6 or more. Textures have thumbnails of little contrast, which differ less.
MIN_LIMIT, MAX_LIMIT, SHARE_OF_DEVIATION = 1.0, 6.0, 0.5
# Pictures that are compared at once with all others: the differences take 8 MB for 4,000 pictures.
ROWS = 500
# Share of the smallest class that becomes validation pictures, and their largest number.
VALIDATION_SHARE, MAX_VALIDATION = 0.25, 300


class CannotSplit(ZooscopeError):
    """A class has no two pictures that differ, so that none can be kept for validation."""


@dataclass(frozen=True)
class Split:
    """Indices of pictures by class.

    Attributes:
        training: The training pictures of each class; at least one each.
        validation: The validation pictures of each class; at least one each.
    """

    training: tuple[tuple[int, ...], ...]
    validation: tuple[tuple[int, ...], ...]


def thumbnail(img: Image.Image) -> UInt8[np.ndarray, " values"]:
    """Return the colours of a picture's thumbnail, by which copies are recognised."""
    return np.asarray(img.resize((SIDE, SIDE), Image.Resampling.BILINEAR)).reshape(-1)


def copies(thumbnails: UInt8[np.ndarray, "n values"]) -> list[list[int]]:
    """Group pictures that look alike, also by way of a third one; most groups have one picture.

    Args:
        thumbnails: The thumbnails of the pictures.

    Returns:
        Indices of the pictures of each group, in the order of the groups' first pictures.
    """
    leader = list(range(len(thumbnails)))

    def find(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    values = thumbnails.astype(np.float32)
    limits = (SHARE_OF_DEVIATION * values.std(1)).clip(MIN_LIMIT, MAX_LIMIT)
    squares = (values**2).sum(1)
    for start in range(0, len(values), ROWS):
        rows = values[start : start + ROWS]
        distances = squares[start : start + ROWS, None] + squares - 2 * rows @ values.T
        limit = np.minimum(limits[start : start + ROWS, None], limits)
        alike = distances <= limit**2 * values.shape[1]
        for row, other in zip(*np.nonzero(alike), strict=True):
            first, second = sorted((find(start + int(row)), find(int(other))))
            leader[second] = first
    groups: dict[int, list[int]] = {}
    for index in range(len(leader)):
        groups.setdefault(find(index), []).append(index)
    return list(groups.values())


def validation_count(smallest: int, classes: int) -> int:
    """Return how many pictures of each class become validation pictures, at least one.

    Args:
        smallest: Number of pictures of the smallest class.
        classes: Number of classes.
    """
    return max(1, min(int(VALIDATION_SHARE * smallest), MAX_VALIDATION // classes))


def split(labels: Sequence[int], groups: Sequence[Sequence[int]], classes: Sequence[str]) -> Split:
    """Split pictures so that every group is on one side.

    As many pictures of each class as a quarter of the smallest class become validation pictures, or
    fewer where groups are too large. Small groups come first: copies then stay in the training
    part. The result depends on the order of the pictures only.

    Args:
        labels: Index of each picture's class. Each class has at least two pictures.
        groups: Indices of pictures that have to stay together (`copies`).
        classes: Names of the classes.

    Raises:
        CannotSplit: All pictures of a class are copies of one another.
    """
    counts = np.stack([np.bincount([labels[index] for index in group], minlength=len(classes))
                       for group in groups])  # fmt: skip
    wanted = validation_count(int(counts.sum(0).min()), len(classes))
    chosen: set[int] = set()
    there, left = np.zeros_like(counts[0]), counts.sum(0)
    smallest_first = np.argsort(counts.sum(1), kind="stable").tolist()
    # First what fits; then, for a class that has none yet, the smallest group that leaves some.
    for most in (wanted, len(labels)):
        for group in smallest_first:
            added = counts[group]
            needed = most == wanted or bool((there[added > 0] == 0).any())
            fits = (there + added <= most)[added > 0].all() and (left - added >= 1).all()
            if group not in chosen and needed and fits:
                chosen.add(group)
                there, left = there + added, left - added
    if not there.all():
        raise CannotSplit(
            f"The pictures of the class {classes[int(there.argmin())]!r} are copies of one another"
            " or of other classes, so that none is left to test the network on. Add other pictures"
            " of it."
        )
    sides = [[index for number, group in enumerate(groups) if (number in chosen) == held_out
              for index in group] for held_out in (False, True)]  # fmt: skip
    training, validation = (
        tuple(tuple(index for index in side if labels[index] == number)
              for number in range(len(classes))) for side in sides
    )  # fmt: skip
    return Split(training, validation)
