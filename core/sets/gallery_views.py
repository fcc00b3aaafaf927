"""Views of the gallery's photographs: crops, mirror images and other lights of each.

A network that sees what a photograph shows finds its views similar, so a map of this set shows how
well a network recognises the same thing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.errors import ZooscopeError
from core.gallery_photos import PHOTOS
from core.pictures import Pictures
from core.sets.picture_set import BrokenFile

SCHEME = "views:"
NAME = "Gallery views"
# Hexadecimal digits of the digest in the set's reference.
REFERENCE_DIGITS = 16
# Increase it whenever the way in which a view is made changes.
VERSION = 1


@dataclass(frozen=True)
class View:
    """A way to look at a photograph.

    Attributes:
        name: What it is called on pages.
        left: Left edge of the crop, as a share of the photograph's width.
        top: Upper edge of the crop, as a share of the photograph's height.
        side: Sides of the crop, as shares of the photograph's sides.
        mirrored: Whether left and right are exchanged.
        light: Factors of red, green and blue.
    """

    name: str
    left: float = 0.0
    top: float = 0.0
    side: float = 1.0
    mirrored: bool = False
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def key(self) -> str:
        """The view as text, for the keys of pictures."""
        numbers = (self.left, self.top, self.side, int(self.mirrored), *self.light)
        return ",".join(f"{number:g}" for number in numbers)

    def apply(self, photo: Image.Image) -> Image.Image:
        """Return the view of a photograph in RGB."""
        width, height = photo.size
        left, top = round(self.left * width), round(self.top * height)
        box = (left, top, left + round(self.side * width), top + round(self.side * height))
        view = photo.crop(box)
        if self.mirrored:
            view = ImageOps.mirror(view)
        # A table of integers gives the same pixels on every machine.
        table = [min(255, round(factor * value)) for factor in self.light for value in range(256)]
        return view.point(table)


DARK, BRIGHT, WARM, COLD = (0.55,) * 3, (1.45,) * 3, (1.15, 1.0, 0.75), (0.75, 1.0, 1.15)
VIEWS = (
    View("whole"),
    View("whole, mirrored", mirrored=True),
    View("whole, dark", light=DARK),
    View("whole, bright, mirrored", mirrored=True, light=BRIGHT),
    View("upper left", 0.0, 0.0, 0.7),
    View("upper right, mirrored, warm light", 0.3, 0.0, 0.7, mirrored=True, light=WARM),
    View("lower left, dark", 0.0, 0.3, 0.7, light=DARK),
    View("lower right, mirrored", 0.3, 0.3, 0.7, mirrored=True),
    View("middle", 0.2, 0.2, 0.6),
    View("middle, mirrored, cold light", 0.2, 0.2, 0.6, mirrored=True, light=COLD),
    View("close-up, bright", 0.3, 0.3, 0.4, light=BRIGHT),
    View("close-up, mirrored, warm light", 0.3, 0.3, 0.4, mirrored=True, light=WARM),
)  # fmt: skip


@dataclass(eq=False)
class GalleryViews:
    """The set of all views of all photographs; the label of a view is its photograph.

    Attributes:
        name: Title for people.
        reference: The set's id in recipes and links; changes when a photograph or a view changes.
        keys: The id of each view's photograph, and the view.
        classes: The photographs' titles.
        pictures: Finds the photographs.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    pictures: Pictures

    def __len__(self) -> int:
        """Return the number of views."""
        return len(self.keys)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a view in the photograph's own resolution.

        Raises:
            BrokenFile: The package that ships the photograph is not installed.
        """
        name, view = _photo_and_view(index)
        try:
            return view.apply(self.pictures.find(f"photo:{name}").image)
        except ZooscopeError as error:
            raise BrokenFile(str(error)) from error

    def label(self, index: int) -> str:
        """Return the title of a view's photograph."""
        return PHOTOS[_photo_and_view(index)[0]].title

    def right_classes(self, index: int) -> tuple[str, ...]:
        """Return the ImageNet classes that show a view's photograph; empty where none does."""
        return PHOTOS[_photo_and_view(index)[0]].classes

    def subject(self, index: int) -> str:
        """Return the name of a view's photograph."""
        return _photo_and_view(index)[0]

    def facts(self, index: int) -> Mapping[str, str]:
        """Return what a view shows of its photograph, and the photograph's credit."""
        name, view = _photo_and_view(index)
        return {"view": view.name, "credit": PHOTOS[name].credit}


def gallery_views(pictures: Pictures) -> GalleryViews:
    """Return the set of the views of all photographs, in the order of the gallery.

    Args:
        pictures: Finds the photographs.

    Raises:
        PictureForgotten: A package that ships a photograph is not installed.
    """
    ids = [pictures.find(f"photo:{name}").id for name in PHOTOS]
    keys = tuple(f"view~{VERSION}~{photo}~{view.key}" for photo in ids for view in VIEWS)
    digest = hashlib.sha256("".join(keys).encode()).hexdigest()[:REFERENCE_DIGITS]
    titles = tuple(sorted(photo.title for photo in PHOTOS.values()))
    return GalleryViews(NAME, f"{SCHEME}{digest}", keys, titles, pictures)


def _photo_and_view(index: int) -> tuple[str, View]:
    """Return the photograph's name and the view at an index of the set."""
    photo, view = divmod(index, len(VIEWS))
    return list(PHOTOS)[photo], VIEWS[view]
