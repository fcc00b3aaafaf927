"""A subset of a set's pictures."""

from collections.abc import Mapping, Sequence

from PIL import Image

from core.sets.picture_set import PictureSet


class Subset:
    """A reordered subset of a set; implements `PictureSet`.

    Args:
        parent: The set.
        indices: Indices of the subset's pictures in the set, in the subset's order.
    """

    def __init__(self, parent: PictureSet, indices: Sequence[int]):
        self._parent = parent
        self._indices = tuple(indices)
        self.name = parent.name
        self.reference = parent.reference
        self.keys = tuple(parent.keys[index] for index in self._indices)
        self.classes = parent.classes

    def __len__(self) -> int:
        return len(self._indices)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a picture. See `PictureSet.image`."""
        return self._parent.image(self._indices[index], size)

    def label(self, index: int) -> str:
        """Return a picture's class. See `PictureSet.label`."""
        return self._parent.label(self._indices[index])

    def facts(self, index: int) -> Mapping[str, str]:
        """Return further facts about a picture. See `PictureSet.facts`."""
        return self._parent.facts(self._indices[index])
