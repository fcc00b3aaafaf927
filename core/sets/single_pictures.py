"""Sets of single pictures: the gallery, and pictures that a visitor chose or uploaded."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from core.errors import ZooscopeError
from core.gallery_photos import PHOTOS
from core.pictures import GALLERY_SCENES, PictureForgotten, Pictures, known_classes, scene
from core.sets.picture_set import BrokenFile

SCHEME, GALLERY = "pictures:", "gallery:"
SEPARATOR = ","
# Hexadecimal digits of the gallery's digest in its reference.
REFERENCE_DIGITS = 16
# The largest number of single pictures: the set's reference, a part of links, names each of them.
MAX_MEMBERS = 400


@dataclass(eq=False)
class SinglePictures:
    """A set of pictures that `Pictures.find` finds by their references.

    Attributes:
        name: Title for people.
        reference: The set's id in recipes and links.
        keys: The pictures' ids.
        classes: The classes of those that are scenes.
        members: The pictures' references.
        labels: Each picture's class; empty for photographs and uploads.
        captions: Each picture's title and credit.
        pictures: Finds the pictures.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    members: tuple[str, ...]
    labels: tuple[str, ...]
    captions: tuple[Mapping[str, str], ...]
    pictures: Pictures

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.members)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a picture in its own size.

        Raises:
            BrokenFile: The picture was forgotten.
        """
        try:
            return self.pictures.find(self.members[index]).image
        except ZooscopeError as error:
            raise BrokenFile(str(error)) from error

    def label(self, index: int) -> str:
        """Return the class of a scene; empty for photographs and uploads."""
        return self.labels[index]

    def right_classes(self, index: int) -> tuple[str, ...]:
        """Return the classes that show a picture; empty for uploads."""
        return known_classes(self.members[index])

    def subject(self, index: int) -> str:
        """Return the picture itself: no two pictures are views of one thing."""
        return self.members[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Return a picture's title and credit."""
        return self.captions[index]


def single_pictures(pictures: Pictures, references: Sequence[str]) -> SinglePictures:
    """Return a set of these pictures.

    Args:
        pictures: Finds the pictures.
        references: Each "photo:NAME", "scene:TEXT" or "upload:ID"; repeated references are dropped.

    Raises:
        PictureForgotten: There are no references or too many, or the server does not have one of
            the pictures.
        BadScene: A scene can't be drawn.
    """
    members = tuple(dict.fromkeys(references))
    if not 1 <= len(members) <= MAX_MEMBERS:
        raise PictureForgotten(
            f"A set of single pictures has 1 to {MAX_MEMBERS} pictures; this one has"
            f" {len(members)}. Choose some pictures, or upload many as one zip."
        )
    return _make_set(pictures, members, "My pictures", f"{SCHEME}{SEPARATOR.join(members)}")


def gallery(pictures: Pictures) -> SinglePictures:
    """Return the set of the gallery's photographs and scenes."""
    photos = [f"photo:{name}" for name in PHOTOS]
    scenes = [f"scene:{text}" for text in GALLERY_SCENES]
    gallery_set = _make_set(pictures, (*photos, *scenes), "Gallery", GALLERY)
    digest = hashlib.sha256("".join(gallery_set.keys).encode()).hexdigest()[:REFERENCE_DIGITS]
    gallery_set.reference = f"{GALLERY}{digest}"
    return gallery_set


def from_reference(pictures: Pictures, reference: str) -> SinglePictures:
    """Return the set of a reference. Raises the errors of `single_pictures`."""
    return single_pictures(pictures, reference.removeprefix(SCHEME).split(SEPARATOR))


def _make_set(
    pictures: Pictures, members: tuple[str, ...], name: str, reference: str
) -> SinglePictures:
    loaded = [pictures.find(member) for member in members]
    labels = tuple(_class_of(member) for member in members)
    return SinglePictures(
        name,
        reference,
        keys=tuple(picture.id for picture in loaded),
        classes=tuple(sorted(set(filter(None, labels)))),
        members=members,
        labels=labels,
        captions=tuple({"title": picture.title, "credit": picture.credit} for picture in loaded),
        pictures=pictures,
    )


def _class_of(reference: str) -> str:
    """Return the class of a scene, or an empty text for any other picture."""
    source, _, text = reference.partition(":")
    return scene(text).factors.class_ if source == "scene" else ""
