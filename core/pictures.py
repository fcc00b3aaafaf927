"""Pictures by reference: the gallery's photographs, drawn scenes, and uploads."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from core import images, scenes
from core.errors import ZooscopeError
from core.gallery_cache import CachedPicture, GalleryCache, with_preview
from core.gallery_photos import PHOTOS
from core.owned_cache import OwnedCache, Room

# Bytes that the pictures of all visitors may take together, and those of the gallery: about 150
# drawn scenes.
MAX_CACHED_BYTES, MAX_GALLERY_BYTES = 256_000_000, 48_000_000
# Room for the pictures of a visitor: for one picture of the largest size that is accepted, and for
# as many pictures as a set of single pictures may have.
SESSION_ROOM = Room(128_000_000, 400)
# Hexadecimal digits of a picture's id in an upload's reference: 64 bits, too many to guess or to
# collide by chance.
UPLOAD_ID_DIGITS = 16
# Side of a drawn scene in pixels.
SCENE_SIZE = 320
# Scenes of the gallery: animals, people, vehicles and other things.
GALLERY_SCENES = (
    "wolf~7~background=snow", "dog~3~background=grass", "cat~5", "man~4", "girl~9", "sedan~6",
    "bus~2", "bicycle~8", "house~1", "flower~12", "fish~10", "owl~11",
)  # fmt: skip

# How a title says where the object of a scene is, by background.
PLACES = MappingProxyType(
    {
        "grass": "on grass", "snow": "on snow", "sand": "on sand", "sky": "in the sky",
        "street": "in a street", "room": "in a room", "clutter": "in clutter",
    }
)  # fmt: skip


class PictureForgotten(ZooscopeError):
    """The server never had this picture or picture set, or has forgotten it."""


@cache
def photo(name: str) -> Image.Image:
    """Return a photograph of the gallery.

    Args:
        name: A key of `PHOTOS`.

    Raises:
        PictureForgotten: The gallery has no photograph of this name, or the package that ships it
            is not installed.
    """
    if name not in PHOTOS:
        raise PictureForgotten(
            f"The gallery has no photograph {name!r}; it has {', '.join(PHOTOS)}."
        )
    entry = PHOTOS[name]
    folder = _package_folder(entry.package)
    if folder is None:
        raise PictureForgotten(f"{entry.title} comes with {entry.package}, which is not installed.")
    return images.read(folder / entry.path)


def known_classes(reference: str) -> tuple[str, ...]:
    """Return the classes that are right for a picture: several where its photograph shows several.

    Args:
        reference: "photo:NAME", "scene:TEXT" or "upload:ID".

    Returns:
        A scene's class, or the ImageNet classes of a photograph; empty where none is known.

    Raises:
        BadScene: The scene can't be drawn.
    """
    source, _, name = reference.partition(":")
    if source == "scene":
        return (scene(name).factors.class_,)
    return PHOTOS[name].classes if source == "photo" and name in PHOTOS else ()


@lru_cache(maxsize=64)
def scene(text: str) -> scenes.Scene:
    """Draw the scene of a reference such as "wolf~7~background=snow", as large as pages show it.

    Raises:
        BadScene: The scene can't be drawn.
    """
    return scenes.from_reference(text, SCENE_SIZE)


def scene_title(drawn: scenes.Scene) -> str:
    """Return what a scene shows and where, such as "wolf on snow"."""
    return f"{drawn.factors.class_} {PLACES[drawn.factors.background]}"


@cache
def _package_folder(package: str) -> Path | None:
    """Return a package's folder, or None if it is not installed.

    Does not import the package: importing scikit-image takes a second and 60 MB.
    """
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else None


@dataclass(frozen=True)
class Picture:
    """A picture and what is known about it.

    Attributes:
        reference: "photo:NAME", "scene:TEXT" or "upload:ID".
        title: What it shows, if that is known.
        credit: Its author and licence.
        id: Its id in recipes (`images.picture_id`).
        image: The whole picture.
        preview: A smaller copy.
    """

    reference: str
    title: str
    credit: str
    id: str
    image: Image.Image
    preview: Image.Image


class Pictures:
    """The gallery's pictures and users' uploads, in memory only.

    A visitor's least recently used pictures make room for new ones of their own, or where all
    visitors together have too many, those of the visitor who has most (`OwnedCache`). There is no
    list of the uploads: a visitor only finds those whose id or reference they know.

    Args:
        limit: Bytes that the pictures of all visitors may take together.
        session_room: Room for the pictures of each visitor.
        gallery_limit: Bytes that photographs and drawn scenes may take in addition.
        decode: Decodes uploads; a server decodes them in child processes (`core.decoding`).
    """

    def __init__(
        self,
        limit: int = MAX_CACHED_BYTES,
        session_room: Room = SESSION_ROOM,
        gallery_limit: int = MAX_GALLERY_BYTES,
        decode: Callable[[bytes], Image.Image] = images.read,
    ):
        self._decode = decode
        self._uploads: OwnedCache[CachedPicture] = OwnedCache(
            lambda cached: cached.memory, Room(limit), session_room
        )
        self._gallery = GalleryCache(_gallery_image, gallery_limit)

    def find(self, reference: str) -> Picture:
        """Return the picture of a reference such as links contain.

        Args:
            reference: "photo:NAME", "scene:TEXT" or "upload:ID".

        Raises:
            PictureForgotten: The server does not have the picture, or no longer has it.
            BadScene: The scene can't be drawn.
        """
        source, _, name = reference.partition(":")
        if source == "photo":
            picture_id, cached = self._gallery.find(reference)
            title, credit = PHOTOS[name].title, PHOTOS[name].credit
            return Picture(reference, title, credit, picture_id, cached.image, cached.preview)
        if source == "scene":
            picture_id, cached = self._gallery.find(reference)
            title = f"Drawn {scene_title(scene(name))}"
            return Picture(reference, title, "", picture_id, cached.image, cached.preview)
        if source == "upload":
            picture_id = self._complete_id(name)
            cached = self._get(picture_id)
            return Picture(reference, "Your picture", "", picture_id, cached.image, cached.preview)
        raise PictureForgotten(f"There is no picture {reference!r}.")

    def upload(self, data: bytes, owner: str) -> str:
        """Decode an uploaded file, keep its picture, and return the picture's reference.

        Raises:
            BadImage: The file can't be read as a picture.
        """
        return f"upload:{self.keep(self._decode(data), owner)[:UPLOAD_ID_DIGITS]}"

    def keep(self, img: Image.Image, owner: str) -> str:
        """Keep a picture for an owner and return its id."""
        picture_id = images.picture_id(img)
        self._uploads.keep(picture_id, owner, lambda: with_preview(img))
        return picture_id

    def holds(self, reference: str) -> bool:
        """Return whether an upload is still in memory; this is not a use."""
        _, _, short_id = reference.partition(":")
        return self._complete_id(short_id) in self._uploads.names()

    def get(self, picture_id: str) -> Image.Image:
        """Return the picture of this id.

        Raises:
            PictureForgotten: The picture was never kept, was forgotten on request, or had to make
                room.
        """
        return self._get(picture_id).image

    def forget(self, owner: str, reference: str = "") -> int:
        """Forget the pictures that only this owner keeps, and return how many were forgotten.

        Args:
            owner: The pictures' owner.
            reference: An upload to forget as well, whoever keeps it. Everybody who has a picture's
                link may forget it, because the server does not recognise the picture's owner after
                the page is reloaded.
        """
        source, _, short_id = reference.partition(":")
        linked = self._complete_id(short_id) if source == "upload" else ""
        return self._uploads.forget(owner, linked)

    def _complete_id(self, short_id: str) -> str:
        """Return the id in the cache that begins with the short id of an upload's reference.

        Returns the short id itself if there is none, so that no picture is found for it.
        """
        matches = [name for name in self._uploads.names() if name.startswith(short_id)]
        return matches[0] if len(short_id) == UPLOAD_ID_DIGITS and matches else short_id

    def _get(self, picture_id: str) -> CachedPicture:
        cached = self._uploads.get(picture_id) or self._gallery.get(picture_id)
        if cached is None:
            raise PictureForgotten(
                "The server no longer holds this picture. It keeps pictures in memory only, until"
                " they are forgotten on request or have to make room for others. Upload it again."
            )
        return cached


def _gallery_image(reference: str) -> Image.Image:
    """Return the photograph or the drawn scene of a reference."""
    source, _, name = reference.partition(":")
    return photo(name) if source == "photo" else scene(name).image
