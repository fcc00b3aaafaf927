"""A cache of pictures that can be made again: the gallery's photographs, and drawn scenes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core import images
from core.owned_cache import OwnedCache, Room

# Pictures whose reference is remembered, so that they can be made again: a few MB.
MAX_REFERENCES = 20_000
OWNER = "gallery"


@dataclass(frozen=True)
class CachedPicture:
    """A picture in memory, with its preview.

    Attributes:
        image: The whole picture.
        preview: A smaller copy.
    """

    image: Image.Image
    preview: Image.Image

    @property
    def memory(self) -> int:
        """Bytes of the picture's pixels."""
        return self.image.width * self.image.height * 3


def with_preview(img: Image.Image) -> CachedPicture:
    """Return a picture with its preview."""
    return CachedPicture(img, images.preview(img))


class GalleryCache:
    """Pictures by id, which are made again from their references when they are not in memory.

    They take no room of visitors' pictures: links may name any number of drawn scenes.

    Args:
        make: Returns the picture of a reference.
        limit: Bytes that the pictures may take together.
    """

    def __init__(self, make: Callable[[str], Image.Image], limit: int):
        self._make = make
        self._pictures: OwnedCache[CachedPicture] = OwnedCache(
            lambda cached: cached.memory, Room(limit)
        )
        self._references: OrderedDict[str, str] = OrderedDict()  # by id, least recently used first
        self._lock = threading.Lock()

    def find(self, reference: str) -> tuple[str, CachedPicture]:
        """Return the id of a reference's picture, and the picture.

        Raises the errors of `make`.
        """
        img = self._make(reference)
        picture_id = images.picture_id(img)
        with self._lock:
            self._references[picture_id] = reference
            self._references.move_to_end(picture_id)
            while len(self._references) > MAX_REFERENCES:
                self._references.popitem(last=False)
        return picture_id, self._pictures.keep(picture_id, OWNER, lambda: with_preview(img))

    def get(self, picture_id: str) -> CachedPicture | None:
        """Return the picture of this id, or None if its reference is not known."""
        cached = self._pictures.get(picture_id)
        if cached is not None:
            return cached
        with self._lock:
            reference = self._references.get(picture_id)
        return self.find(reference)[1] if reference else None
