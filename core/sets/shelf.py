"""Where the sets are: finds one by its reference, and holds those that visitors gave."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedIOBase
from pathlib import Path

from core.pictures import PictureForgotten, Pictures
from core.sets import archive, drawn_scenes, folder, gathered, imagenette
from core.sets.archive import Archive
from core.sets.folder import Folder, Folders
from core.sets.gathered import Gathered
from core.sets.picture_set import PictureSet
from core.steps import Steps

# Archives held at once, and the bytes they may take together on disk.
MOST_HELD, LIMIT = 16, 1_000_000_000


@dataclass
class _Held:
    archive: Archive
    owners: set[str] = field(default_factory=set)


class Shelf:
    """Every set that a server has; safe from any thread.

    Visitors' archives lie in files without a name, the least recently used go first, and none is
    ever listed.

    Args:
        pictures: The pictures at hand.
        roots: Folders of pictures that the server was given.
        fetched: Folder in which fetched sets are kept.
        largest: Bytes of the largest download.
        most: Archives held at once.
        limit: Bytes they may take together.

    Attributes:
        folders: The server's folders, fetched ones too.
    """

    def __init__(
        self,
        pictures: Pictures,
        roots: Sequence[Path],
        fetched: Path,
        largest: int,
        most: int = MOST_HELD,
        limit: int = LIMIT,
    ):
        self.folders = Folders(roots)
        for place in imagenette.here(fetched):
            self.folders.add(place)
        self._pictures = pictures
        self._fetched, self._largest = fetched, largest
        self._most, self._limit = most, limit
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, reference: str) -> PictureSet:
        """The set of a reference, as it stands in a link.

        Raises:
            PictureForgotten: It is not here, no longer, or no longer the same.
            BadScene: Scenes that can't be drawn.
            BadLabels: The table of labels of a folder can't be read.
        """
        if reference.startswith(drawn_scenes.SCHEME):
            return drawn_scenes.from_reference(reference)
        if reference.startswith(folder.SCHEME):
            return self.folders.find(reference)
        if reference.startswith(archive.SCHEME):
            return self.archive(reference)
        if reference.startswith(gathered.SCHEME):
            return gathered.from_reference(self._pictures, reference)
        if reference.startswith(gathered.GALLERY):
            if reference != self.gallery.reference:
                raise PictureForgotten("The gallery has changed since; choose it anew.")
            return self.gallery
        raise PictureForgotten(f"There is no picture set {reference!r}; choose one.")

    @cached_property
    def gallery(self) -> Gathered:
        """The gallery as a set."""
        return gathered.gallery(self._pictures)

    def gathered(self, references: Sequence[str]) -> Gathered:
        """Some pictures at hand as a set. See `gathered.gathered`."""
        return gathered.gathered(self._pictures, references)

    # Archives

    def take_in_steps(self, file: BufferedIOBase, name: str, owner: str) -> Steps[str]:
        """Look through what a visitor gave, hold it, and give its reference.

        Raises as `archive.take_in_steps`.
        """
        return self.keep((yield from archive.take_in_steps(file, name)), owner)

    def keep(self, given: Archive, owner: str) -> str:
        """Hold an archive for an owner and give its reference; others may have to make room."""
        name = given.reference
        with self._lock:
            held = self._held.setdefault(name, _Held(given))
            held.owners.add(owner)
            self._held.move_to_end(name)
            while len(self._held) > 1 and self._too_much():
                self._held.popitem(last=False)
        return name

    def forget(self, owner: str, reference: str = "") -> int:
        """Forget an owner's archives that nobody else gave; tells how many were let go.

        Args:
            owner: Whose.
            reference: One archive more, whoever gave it: who has the link may forget it.
        """
        with self._lock:
            for name, held in self._held.items():
                held.owners.discard(owner)
                if name == reference:
                    held.owners.clear()
            gone = [name for name, held in self._held.items() if not held.owners]
            for name in gone:
                self._held.pop(name).archive.close()
        return len(gone)

    def archive(self, reference: str) -> Archive:
        """An archive by its reference.

        Raises:
            PictureForgotten: It is not, or no longer, here.
        """
        with self._lock:
            if reference not in self._held:
                raise PictureForgotten(
                    "The server no longer holds these pictures: what visitors give is kept until it"
                    " is forgotten or has to make room. Upload them again."
                )
            self._held.move_to_end(reference)
            return self._held[reference].archive

    def _too_much(self) -> bool:
        taken = sum(held.archive.memory for held in self._held.values())
        return taken > self._limit or len(self._held) > self._most

    # Imagenette

    def imagenette(self, variant: str) -> Folder | None:
        """Imagenette as a folder; None where it has to be fetched first."""
        name = imagenette.folder(variant, self._fetched).name
        return self.folders.get(name) if name in self.folders.names else None

    def imagenette_size_steps(self, variant: str) -> Steps[int]:
        """The bytes it would take to fetch. See `imagenette.size_steps`."""
        return imagenette.size_steps(variant, self._largest)

    def imagenette_steps(self, variant: str) -> Steps[str]:
        """Fetch Imagenette and give the name of its folder. See `imagenette.fetch_steps`."""
        place = yield from imagenette.fetch_steps(variant, self._fetched, self._largest)
        self.folders.add(place)
        return place.name
