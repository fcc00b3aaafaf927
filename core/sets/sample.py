"""A sample of a set: so many of its pictures, balanced over their labels."""

import re
from collections.abc import Callable

import numpy as np

from core.pictures import PictureForgotten
from core.sets.picture_set import PictureSet
from core.sets.right_classes import right_classes, subject
from core.sets.subset import Subset

SCHEME, SEPARATOR = "sample:", "~"
TEXT = re.compile(r"sample:(\d{1,5})~(\d{1,10})~(?!sample:)(.+)", re.ASCII | re.DOTALL)


class SetSample(Subset):
    """A sample of a set; implements `PictureSet` and `KnowsClasses`.

    Pictures whose right class is known come first, in turn for each label; the seed decides which
    pictures of a label. A larger sample with the same seed contains the smaller ones.

    Args:
        parent: The set.
        count: Number of pictures; all where the set has fewer.
        seed: Seed of the choice.
    """

    def __init__(self, parent: PictureSet, count: int, seed: int = 0):
        super().__init__(parent, _choose(parent, count, seed))
        self.reference = f"{SCHEME}{count}{SEPARATOR}{seed}{SEPARATOR}{parent.reference}"

    def right_classes(self, index: int) -> tuple[str, ...]:
        """Return the classes that are right for a picture."""
        return right_classes(self._parent, self._indices[index])

    def subject(self, index: int) -> str:
        """Return what a picture shows."""
        return subject(self._parent, self._indices[index])


def from_reference(reference: str, find: Callable[[str], PictureSet]) -> SetSample:
    """Return the sample of a reference, which recipes contain.

    Args:
        reference: Such as "sample:56~0~scenes:560~7".
        find: Finds the set that it is a sample of.

    Raises:
        PictureForgotten: The reference is malformed, or names a set that is not there.
    """
    match = TEXT.fullmatch(reference)
    if not match or not int(match[1]):
        raise PictureForgotten(
            f"{reference!r} names no sample of a set; a valid name is sample:56~0~scenes:560~7."
        )
    return SetSample(find(match[3]), int(match[1]), int(match[2]))


def _choose(parent: PictureSet, count: int, seed: int) -> tuple[int, ...]:
    """Return the indices of the sample's pictures."""
    order = np.random.default_rng(seed).permutation(len(parent)).tolist()
    turns: dict[str, int] = {}
    ranks = []
    for index in order:
        label = parent.label(index)
        turns[label] = turns.get(label, -1) + 1
        ranks.append((not right_classes(parent, index), turns[label], index))
    ranks.sort(key=lambda rank: rank[:2])  # stable: within a turn, the order of the permutation
    return tuple(index for _, _, index in ranks[:count])
