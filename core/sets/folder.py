"""Folders of pictures on the server, named by the one who runs it or fetched on request."""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PIL import Image

from core import images
from core.pictures import PictureForgotten
from core.sets import labels
from core.sets.picture_set import MOST, SUFFIXES, BrokenFile

SCHEME = "folder:"
DIGITS = 16  # hexadecimal, of a reference: 64 bits
KEY_DIGITS = 32
# Seconds a listing is good for: a page that shows progress asks twice a second.
FRESH = 30.0


@dataclass(eq=False)
class Folder:
    """The pictures of a folder and its sub-folders, by path.

    Attributes:
        name: The folder's own.
        root: Where it is.
        files: Paths under it, sorted, 20,000 at most.
        left_out: How many more there are.
        reference: What recipes call it: another one when any file is another.
        keys: Of each file's path, size and time of change.
        classes: The labels there are.
        labels: One a picture: what labels.csv says, or else its sub-folder.
    """

    name: str
    root: Path
    files: tuple[str, ...]
    left_out: int
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.files)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A picture of the folder, as large as it is.

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
        """What a picture is said to show; empty where nothing says it."""
        return self.labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Its path in the folder."""
        return {"file": self.files[index]}


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
        with self._lock:
            return list(self._roots)

    def add(self, root: Path) -> None:
        """Take one in more; a folder that was there under its name stays."""
        with self._lock:
            self._roots.setdefault(root.name, root)

    def get(self, name: str) -> Folder:
        """A folder as it is now, or was seconds ago.

        Raises:
            PictureForgotten: The server has none of that name.
            BadLabels: Its table of labels can't be read.
        """
        if name not in self.names:
            known = ", ".join(self.names) or "none"
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
            BadLabels: Its table of labels can't be read.
        """
        folder = self.get(name_of(reference))
        if folder.reference != reference:
            raise PictureForgotten(f"The files of {folder.name} have changed; open the page anew.")
        return folder


def name_of(reference: str) -> str:
    """The name of the folder that a reference is of."""
    return reference.removeprefix(SCHEME).rpartition(":")[0]


def listed(root: Path) -> Folder:
    """List a folder's pictures; hidden files and links that lead out of it are left out.

    Raises:
        BadLabels: Its table of labels can't be read.
    """
    files = sorted(_pictures(root))
    kept = tuple(files[:MOST])
    marks = [_mark(root, name) for name in kept]
    keys = [hashlib.sha256(f"{root.name}/{mark}".encode()).hexdigest() for mark in marks]
    table = root / labels.FILE_NAME
    said = labels.by_folder(kept)
    if table.is_file():
        named = labels.by_table(table.read_bytes(), f"{root.name}/{table.name}", files)
        said = tuple(named.get(name, "") for name in kept)
        marks.append(_mark(root, table.name))
    digest = hashlib.sha256("".join(marks).encode()).hexdigest()[:DIGITS]
    return Folder(
        root.name,
        root,
        kept,
        left_out=len(files) - len(kept),
        reference=f"{SCHEME}{root.name}:{digest}",
        keys=tuple(key[:KEY_DIGITS] for key in keys),
        classes=labels.classes_of(said),
        labels=said,
    )


def _pictures(root: Path) -> Iterator[str]:
    inside = root.resolve()
    for path in root.rglob("*"):
        if (
            path.suffix.lower() in SUFFIXES
            and not path.name.startswith(".")
            and path.is_file()
            and path.resolve().is_relative_to(inside)
        ):
            yield path.relative_to(root).as_posix()


def _mark(root: Path, name: str) -> str:
    """What tells that a file is another: its path, size and time of change."""
    facts = (root / name).stat()
    return f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\0"
