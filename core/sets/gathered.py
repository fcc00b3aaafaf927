"""Sets of pictures that are at hand one by one: the gallery's, and those a visitor gave."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from core.errors import ZooscopeError
from core.pictures import GALLERY_SCENES, PHOTOS, PictureForgotten, Pictures, scene
from core.sets.picture_set import BrokenFile

SCHEME, GALLERY = "pictures:", "gallery:"
MARK = ","
DIGITS = 16  # hexadecimal, of the gallery's reference
# A reference names every picture, and stands in a link.
MOST = 400


@dataclass(eq=False)
class Gathered:
    """Pictures by their references, each as `Pictures.find` knows it.

    Attributes:
        name: What a person calls it.
        reference: What recipes and links call it.
        keys: Their ids.
        classes: Of those that are scenes.
        members: Their references.
        labels: One a picture, empty for photographs.
        known: One a picture: title and credit.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    members: tuple[str, ...]
    labels: tuple[str, ...]
    known: tuple[Mapping[str, str], ...]
    pictures: Pictures

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.members)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A picture, as large as it is.

        Raises:
            BrokenFile: It was forgotten since.
        """
        try:
            return self.pictures.find(self.members[index]).image
        except ZooscopeError as error:
            raise BrokenFile(str(error)) from error

    def label(self, index: int) -> str:
        """What stands in it if it is a scene; empty for photographs."""
        return self.labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Its title, and who made it."""
        return self.known[index]


def gathered(pictures: Pictures, references: Sequence[str]) -> Gathered:
    """Some pictures as a set.

    Args:
        pictures: The pictures at hand.
        references: "photo:NAME", "scene:TEXT" or "upload:ID"; each counts once.

    Raises:
        PictureForgotten: There is none, too many, or one of them is not here.
        BadScene: A scene that can't be drawn.
    """
    members = tuple(dict.fromkeys(references))
    if not 1 <= len(members) <= MOST:
        raise PictureForgotten(
            f"A set of single pictures has 1 to {MOST}, this one {len(members)}. Choose some, or"
            " give many as one zip."
        )
    return _set(pictures, members, "My pictures", f"{SCHEME}{MARK.join(members)}")


def gallery(pictures: Pictures) -> Gathered:
    """The photographs and the scenes of the gallery."""
    members = (*(f"photo:{name}" for name in PHOTOS), *(f"scene:{one}" for one in GALLERY_SCENES))
    found = _set(pictures, members, "Gallery", GALLERY)
    digest = hashlib.sha256("".join(found.keys).encode()).hexdigest()[:DIGITS]
    found.reference = f"{GALLERY}{digest}"
    return found


def from_reference(pictures: Pictures, reference: str) -> Gathered:
    """The set of such a reference. Raises as `gathered`."""
    return gathered(pictures, reference.removeprefix(SCHEME).split(MARK))


def _set(pictures: Pictures, members: tuple[str, ...], name: str, reference: str) -> Gathered:
    found = [pictures.find(member) for member in members]
    labels = tuple(_class(member) for member in members)
    return Gathered(
        name,
        reference,
        keys=tuple(picture.id for picture in found),
        classes=tuple(sorted(set(filter(None, labels)))),
        members=members,
        labels=labels,
        known=tuple({"title": one.title, "credit": one.credit} for one in found),
        pictures=pictures,
    )


def _class(reference: str) -> str:
    kind, _, text = reference.partition(":")
    return scene(text).factors.class_ if kind == "scene" else ""
