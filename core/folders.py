"""Folders of pictures on the server, named by the one who runs it."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PIL import Image

from core import images
from core.errors import ZooscopeError
from core.pictures import PictureForgotten

SCHEME = "folder:"
DIGITS = 16  # hexadecimal, of a reference: 64 bits
# File names of the formats that are read (`images.FORMATS`).
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
MOST = 20_000
# Seconds a listing is good for: a page that shows progress asks twice a second.
FRESH = 30.0


class BrokenFile(ZooscopeError):
    """A file of a folder is no picture; the message says which."""


@dataclass(frozen=True)
class Folder:
    """The pictures of a folder and its sub-folders, by path.

    Attributes:
        name: The folder's own.
        root: Where it is.
        files: Paths under it, sorted, 20,000 at most.
        left_out: How many more there are.
        reference: What recipes call it: another one when any file is another.
    """

    name: str
    root: Path
    files: tuple[str, ...]
    left_out: int
    reference: str

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> Image.Image:
        """A picture of the folder.

        Raises:
            BrokenFile: The file is none, or is gone.
        """
        try:
            return images.read(self.root / self.files[index])
        except images.BadImage as error:
            raise BrokenFile(
                f"{self.name}/{self.files[index]} has to be taken out of the folder: {error}"
            ) from error

    def label(self, index: int) -> str:
        """The sub-folder a picture lies in; empty where it lies in none."""
        first, slash, _ = self.files[index].partition("/")
        return first if slash else ""


class Folders:
    """The folders of a server; safe from any thread.

    Args:
        roots: Where they are.
    """

    def __init__(self, roots: Sequence[Path]):
        self._roots = {root.name: root for root in roots if root.is_dir()}
        self._listed: dict[str, tuple[float, Folder | None]] = {}
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """Of all that are there."""
        return list(self._roots)

    def get(self, name: str) -> Folder:
        """A folder as it is now, or was seconds ago.

        Raises:
            PictureForgotten: The server has none of that name.
        """
        if name not in self._roots:
            known = ", ".join(self._roots) or "none"
            raise PictureForgotten(f"The server has no folder {name!r}; it has {known}.")
        with self._lock:
            until, folder = self._listed.get(name, (0.0, None))
            if folder is None or time.monotonic() > until:
                folder = listed(self._roots[name])
                self._listed[name] = time.monotonic() + FRESH, folder
        return folder

    def find(self, reference: str) -> Folder:
        """The folder of a reference.

        Raises:
            PictureForgotten: It is not here, or its files have changed since.
        """
        name = reference.removeprefix(SCHEME).rpartition(":")[0]
        folder = self.get(name)
        if folder.reference != reference:
            raise PictureForgotten(f"The files of {name} have changed; open the page anew.")
        return folder


def listed(root: Path) -> Folder:
    """List a folder's pictures; hidden files and links that lead out of it are left out."""
    digest = hashlib.sha256()
    inside = root.resolve()
    files = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
        and path.resolve().is_relative_to(inside)
    )
    kept = tuple(files[:MOST])
    for name in kept:
        facts = (root / name).stat()
        digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    reference = f"{SCHEME}{root.name}:{digest.hexdigest()[:DIGITS]}"
    return Folder(root.name, root, kept, len(files) - len(kept), reference)
