"""The protocol that every set of pictures implements."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from PIL import Image

from core.errors import ZooscopeError

# The largest number of pictures in a set.
MAX_PICTURES = 20_000
# File name suffixes of the formats that can be read (`images.FORMATS`).
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


class BrokenFile(ZooscopeError):
    """A picture of a set can't be read; the message names it."""


@runtime_checkable
class PictureSet(Protocol):
    """Pictures in a fixed order; each is read or drawn on access, and none is kept in memory.

    Attributes:
        name: Title for people.
        reference: Id in recipes and links; changes when any of the pictures changes.
        keys: The key of each picture, in order. A key identifies the picture itself, so that
            results that were computed for it serve every set that contains it.
        classes: Names of the classes that the pictures are labelled with; empty if none has a
            label.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of pictures."""
        ...

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a picture in RGB.

        Args:
            index: Its index in the set.
            size: Side in pixels if the picture is drawn; other pictures keep their size.

        Raises:
            BrokenFile: The picture can't be read, or is gone.
        """
        ...

    def label(self, index: int) -> str:
        """Return a picture's class, one of `classes`; empty if it has no label."""
        ...

    def facts(self, index: int) -> Mapping[str, str]:
        """Return further facts about a picture by name, such as a scene's factors or a path."""
        ...
