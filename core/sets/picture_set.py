"""What every set of pictures can be asked."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from PIL import Image

from core.errors import ZooscopeError

# Pictures of a set.
MOST = 20_000
# File names of the formats that are read (`images.FORMATS`).
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


class BrokenFile(ZooscopeError):
    """A picture of a set can't be had; the message says which."""


@runtime_checkable
class PictureSet(Protocol):
    """Pictures in an order, read or drawn one at a time: a set never holds them all.

    Attributes:
        name: What a person calls it.
        reference: What recipes and links call it: another one when any of its pictures is another.
        keys: One a picture, in order: what the picture is, in whatever set it lies, so that
            what was computed of it serves every set that has it.
        classes: Names of the labels that pictures may have; empty where none has one.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """How many pictures."""
        ...

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A picture, RGB.

        Args:
            index: Of the picture.
            size: Side in pixels where it is drawn; others come as large as they are.

        Raises:
            BrokenFile: It can't be read, or is gone.
        """
        ...

    def label(self, index: int) -> str:
        """The class it is said to show, one of `classes`; empty where nobody said."""
        ...

    def facts(self, index: int) -> Mapping[str, str]:
        """What else is known of it, by name: factors of a scene, a file's name."""
        ...
