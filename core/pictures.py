"""The pictures that are at hand: the gallery's, and those users gave."""

import importlib.util
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from core import images, scenes
from core.errors import ZooscopeError

LIMIT = 256_000_000
# Hexadecimal digits of an id that a link holds: 64 bits, which nobody guesses or meets by chance.
REFERENCE_LENGTH = 16
OURS = "gallery"
SCENE_SIZE = 320
# Some of each kind, for the gallery.
GALLERY_SCENES = (
    "wolf~7~background=snow", "dog~3~background=grass", "cat~5", "man~4", "girl~9", "sedan~6",
    "bus~2", "bicycle~8", "house~1", "flower~12", "fish~10", "owl~11",
)  # fmt: skip


class PictureForgotten(ZooscopeError):
    """The server does not hold this picture, or no longer."""


@dataclass(frozen=True)
class Photo:
    """A photograph that an installed package ships.

    Attributes:
        title: What it shows.
        package: The package that ships it.
        path: Where in the package.
        credit: Who made it, and its licence.
    """

    title: str
    package: str
    path: str
    credit: str


PHOTOS = MappingProxyType(
    {
        "chelsea": Photo(
            "Chelsea the cat", "skimage", "data/chelsea.png", "Stéfan van der Walt, CC0"
        ),
        "coffee": Photo("Cup of coffee", "skimage", "data/coffee.png", "Rachel Michetti, CC0"),
        "rocket": Photo("Rocket on its pad", "skimage", "data/rocket.jpg", "SpaceX, public domain"),
        "astronaut": Photo(
            "Astronaut Eileen Collins", "skimage", "data/astronaut.png", "NASA, public domain"
        ),
        "flower": Photo("Dahlia", "sklearn", "datasets/images/flower.jpg", "vultilion, CC BY 2.0"),
        "china": Photo(
            "Summer Palace", "sklearn", "datasets/images/china.jpg", "danielbuechele, CC BY 2.0"
        ),
    }
)


@cache
def photo(name: str) -> Image.Image:
    """A photograph of the gallery.

    Raises:
        PictureForgotten: The gallery has none of that name, or its package is not installed.
    """
    if name not in PHOTOS:
        raise PictureForgotten(f"The gallery has no {name!r}; it has {', '.join(PHOTOS)}.")
    entry = PHOTOS[name]
    folder = _package_folder(entry.package)
    if folder is None:
        raise PictureForgotten(f"{entry.title} comes with {entry.package}, which is not installed.")
    return images.read(folder / entry.path)


@lru_cache(maxsize=64)
def scene(text: str) -> scenes.Scene:
    """The drawn scene of a reference's text, as large as a page shows it.

    Raises:
        BadScene: It can't be drawn.
    """
    return scenes.from_reference(text, SCENE_SIZE)


@cache
def _package_folder(package: str) -> Path | None:
    """Where a package lies, without importing it: scikit-image takes a second and 60 MB."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


@dataclass(frozen=True)
class Picture:
    """A picture that was asked for by reference.

    Attributes:
        reference: "photo:NAME", "scene:TEXT" or "upload:ID".
        title: What it shows, as far as is known.
        credit: Who made it.
        id: Its id in recipes.
        image: Its pixels.
        preview: The same, small.
    """

    reference: str
    title: str
    credit: str
    id: str
    image: Image.Image
    preview: Image.Image


@dataclass
class _Held:
    image: Image.Image
    preview: Image.Image
    owners: set[str] = field(default_factory=set)

    @property
    def memory(self) -> int:
        return self.image.width * self.image.height * 3


class Pictures:
    """Pictures by id, in memory only, least recently used out first; never listed.

    Args:
        limit: Bytes they may take together.
    """

    def __init__(self, limit: int = LIMIT):
        self._limit = limit
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, reference: str) -> Picture:
        """The picture of a reference, as it stands in a link.

        Raises:
            PictureForgotten: It is not, or no longer, here.
            BadScene: A scene that can't be drawn.
        """
        source, _, name = reference.partition(":")
        if source == "photo":
            held = self.keep(photo(name), OURS)
            entry = PHOTOS[name]
            return Picture(reference, entry.title, entry.credit, held, *self._both(held))
        if source == "scene":
            held = self.keep(scene(name).image, OURS)
            title = f"A drawn {scene(name).factors.class_}"
            return Picture(reference, title, "", held, *self._both(held))
        if source == "upload":
            held = self._whole(name)
            return Picture(reference, "Your picture", "", held, *self._both(held))
        raise PictureForgotten(f"There is no picture {reference!r}.")

    def upload(self, data: bytes, owner: str) -> str:
        """Take a picture in from bytes nobody vouches for, and return its reference.

        Raises:
            BadImage: It is none.
        """
        return f"upload:{self.keep(images.read(data), owner)[:REFERENCE_LENGTH]}"

    def _whole(self, start: str) -> str:
        """The id that a reference's short one begins."""
        with self._lock:
            found = [name for name in self._held if name.startswith(start)]
        return found[0] if len(start) == REFERENCE_LENGTH and found else start

    def keep(self, img: Image.Image, owner: str) -> str:
        """Hold a picture for an owner and return its id."""
        name = images.picture_id(img)
        with self._lock:
            if name not in self._held:
                self._held[name] = _Held(img, images.preview(img))
            self._held[name].owners.add(owner)
            self._held.move_to_end(name)
            while sum(held.memory for held in self._held.values()) > self._limit:
                if len(self._held) == 1:
                    break  # the one just given, however large
                self._held.popitem(last=False)
        return name

    def get(self, name: str) -> Image.Image:
        """The picture of this id.

        Raises:
            PictureForgotten: It was forgotten on request, had to make room, or was never here.
        """
        return self._both(name)[0]

    def _both(self, name: str) -> tuple[Image.Image, Image.Image]:
        """A picture and its preview."""
        with self._lock:
            if name not in self._held:
                raise PictureForgotten(
                    "The server no longer holds this picture: pictures live in its memory only,"
                    " until they are forgotten or have to make room. Upload it again."
                )
            self._held.move_to_end(name)
            return self._held[name].image, self._held[name].preview

    def forget(self, owner: str, reference: str = "") -> int:
        """Forget an owner's pictures that nobody else gave; tells how many were let go.

        Args:
            owner: Whose.
            reference: One picture more, whoever gave it: who has the link may forget it. After a
                reload the server does not know the picture's owner any more.
        """
        source, _, start = reference.partition(":")
        linked = self._whole(start) if source == "upload" else ""
        with self._lock:
            for name, held in self._held.items():
                held.owners.discard(owner)
                if name == linked:
                    held.owners.clear()
            gone = [name for name, held in self._held.items() if not held.owners]
            for name in gone:
                del self._held[name]
        return len(gone)
