"""Some of a set's pictures."""

from collections.abc import Mapping, Sequence

from PIL import Image

from core.sets.picture_set import PictureSet


class Part:
    """Some pictures of a set, in an order of their own; a set itself.

    Args:
        whole: The set.
        indices: Of its pictures.
    """

    def __init__(self, whole: PictureSet, indices: Sequence[int]):
        self._whole = whole
        self._indices = tuple(indices)
        self.name = whole.name
        self.reference = whole.reference
        self.keys = tuple(whole.keys[index] for index in self._indices)
        self.classes = whole.classes

    def __len__(self) -> int:
        return len(self._indices)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A picture. See `PictureSet.image`."""
        return self._whole.image(self._indices[index], size)

    def label(self, index: int) -> str:
        """Its class. See `PictureSet.label`."""
        return self._whole.label(self._indices[index])

    def facts(self, index: int) -> Mapping[str, str]:
        """What else is known of it. See `PictureSet.facts`."""
        return self._whole.facts(self._indices[index])
