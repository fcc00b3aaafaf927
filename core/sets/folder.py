"""Sets of pictures in folders of the server that its host configured, or users downloaded."""

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
from core.sets.picture_set import MAX_PICTURES, SUFFIXES, BrokenFile

SCHEME = "folder:"
# Hexadecimal digits of the digests in references (64 bits) and in keys.
REFERENCE_DIGITS = 16
KEY_DIGITS = 32
# Seconds for which a listing is reused: a page that shows progress asks for it twice a second.
LISTING_SECONDS = 30.0


@dataclass(eq=False)
class Folder:
    """The set of all pictures in a folder and its sub-folders, sorted by path.

    Attributes:
        name: The folder's name.
        root: The folder's path.
        files: Paths relative to the folder, sorted, at most 20,000.
        omitted_count: Number of further pictures that are beyond this limit.
        reference: Id in recipes and links; changes when any of the files changes.
        keys: A digest of each file's path, size and modification time.
        classes: The classes that the labels name.
        labels: Each picture's label from labels.csv, or else from its sub-folder.
    """

    name: str
    root: Path
    files: tuple[str, ...]
    omitted_count: int
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.files)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a picture in its own size.

        Raises:
            BrokenFile: The file is not a picture, or is gone.
        """
        try:
            return images.read(self.root / self.files[index])
        except images.BadImage as error:
            raise BrokenFile(
                f"{self.name}/{self.files[index]} can't be read; remove it from the folder: {error}"
            ) from error

    def label(self, index: int) -> str:
        """Return a picture's class; empty if it has no label."""
        return self.labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Return a picture's path in the folder."""
        return {"file": self.files[index]}


class Folders:
    """The folders of a server by name; thread-safe.

    Args:
        roots: The folders' paths.
    """

    def __init__(self, roots: Sequence[Path]):
        self._roots = {root.name: root for root in roots if root.is_dir()}
        # By folder name: the time at which the listing expires, and the listing.
        self._listings: dict[str, tuple[float, Folder | None]] = {}
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """The names of all folders."""
        with self._lock:
            return list(self._roots)

    def add(self, root: Path) -> None:
        """Add a folder, unless there is a folder of the same name."""
        with self._lock:
            self._roots.setdefault(root.name, root)

    def get(self, name: str) -> Folder:
        """Return a folder as it was at most `LISTING_SECONDS` ago.

        Raises:
            PictureForgotten: The server has no folder of this name.
            BadLabels: The folder's table of labels can't be read.
        """
        if name not in self.names:
            known = ", ".join(self.names) or "none"
            raise PictureForgotten(f"The server has no folder {name!r}; it has {known}.")
        with self._lock:
            expires, folder = self._listings.get(name, (0.0, None))
            if folder is None or time.monotonic() > expires:
                folder = list_folder(self._roots[name])
                self._listings[name] = time.monotonic() + LISTING_SECONDS, folder
        return folder

    def find(self, reference: str) -> Folder:
        """Return the folder of a reference.

        Raises:
            PictureForgotten: The server has no such folder, or the folder's files have changed.
            BadLabels: The folder's table of labels can't be read.
        """
        folder = self.get(folder_name(reference))
        if folder.reference != reference:
            raise PictureForgotten(
                f"The files of {folder.name} have changed. Choose the folder again."
            )
        return folder


def folder_name(reference: str) -> str:
    """Return the name of the folder in a reference."""
    return reference.removeprefix(SCHEME).rpartition(":")[0]


def list_folder(root: Path) -> Folder:
    """Return the set of a folder's pictures, without hidden files and links that lead out of it.

    Raises:
        BadLabels: The folder's table of labels can't be read.
    """
    all_files = sorted(_picture_paths(root))
    files = tuple(all_files[:MAX_PICTURES])
    versions = [_file_version(root, name) for name in files]
    keys = [hashlib.sha256(f"{root.name}/{version}".encode()).hexdigest() for version in versions]
    file_labels = labels.from_folders(files)
    table = root / labels.FILE_NAME
    if table.is_file():
        rows = labels.from_table(table.read_bytes(), f"{root.name}/{table.name}", all_files)
        file_labels = tuple(rows.get(name, "") for name in files)
        versions.append(_file_version(root, table.name))
    digest = hashlib.sha256("".join(versions).encode()).hexdigest()[:REFERENCE_DIGITS]
    return Folder(
        root.name,
        root,
        files,
        omitted_count=len(all_files) - len(files),
        reference=f"{SCHEME}{root.name}:{digest}",
        keys=tuple(key[:KEY_DIGITS] for key in keys),
        classes=labels.class_names(file_labels),
        labels=file_labels,
    )


def _picture_paths(root: Path) -> Iterator[str]:
    """Yield the relative paths of all pictures in a folder and its sub-folders."""
    resolved_root = root.resolve()
    for path in root.rglob("*"):
        if (
            path.suffix.lower() in SUFFIXES
            and not path.name.startswith(".")
            and path.is_file()
            and path.resolve().is_relative_to(resolved_root)
        ):
            yield path.relative_to(root).as_posix()


def _file_version(root: Path, name: str) -> str:
    """Return a text that changes when the file changes: its path, size and modification time."""
    status = (root / name).stat()
    return f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0"
