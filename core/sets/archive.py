"""Archives of pictures that visitors give: looked through once, then read picture by picture."""

import hashlib
import posixpath
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import PurePath

from PIL import Image

from core import images
from core.sets import entries, labels
from core.sets.entries import BadArchive, Contents
from core.sets.picture_set import BrokenFile
from core.steps import Progress, Steps, drain

SCHEME = "archive:"
DIGITS = 16  # hexadecimal, of a reference: 64 bits, which nobody guesses
# Bytes of an upload.
MAX_UPLOAD = 200_000_000
# How a zip begins that has an entry (APPNOTE.TXT 4.3.7).
ZIP = b"PK\x03\x04"


@dataclass(eq=False)
class Archive:
    """Pictures in a zip that lies in a file without a name, and is gone with its last reader.

    Attributes:
        name: Of the file that was given.
        reference: What recipes and links call it: of its pictures, their paths and labels.
        keys: The pictures' ids.
        files: Their paths.
        classes: The labels there are.
        labels: One a picture: what its table says, or else its sub-folder.
        skipped: Paths of what was not taken, and why.
        left_out: How many more pictures there were.
        memory: Bytes on disk.
        file: Where they lie.
        packed: The same, as a zip.
        entries: The pictures' places in it.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    files: tuple[str, ...]
    labels: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    left_out: int
    memory: int
    file: BufferedIOBase
    packed: zipfile.ZipFile
    entries: tuple[zipfile.ZipInfo, ...]

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.files)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A picture, as large as it is.

        Raises:
            BrokenFile: It can't be read any more.
        """
        try:
            return images.read(_bytes(self.packed, self.entries[index]))
        except images.BadImage as error:
            raise BrokenFile(f"{self.files[index]} can't be read any more: {error}") from error

    def label(self, index: int) -> str:
        """What a picture is said to show; empty where nothing says it."""
        return self.labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Its path in the archive."""
        return {"file": self.files[index]}

    def close(self) -> None:
        """Let go of the file; what still reads from it breaks off."""
        self.packed.close()
        self.file.close()


def packed(files: Sequence[tuple[str, BufferedIOBase]]) -> BufferedIOBase:
    """What a visitor gave, in one file without a name: a zip as it is, other files in a new one.

    Args:
        files: Names and contents.

    Raises:
        BadArchive: Nothing was given, or too much.
    """
    size = sum(file.seek(0, 2) for _, file in files)
    if not size:
        raise BadArchive("Nothing was given, or empty files only. Give pictures, or a zip of them.")
    if size > MAX_UPLOAD:
        raise BadArchive(
            f"{size / 1e6:.0f} MB are more than the {MAX_UPLOAD / 1e6:.0f} MB that may be given at"
            " once. Give them in parts, or put them into a folder of ZOOSCOPE_PICTURES."
        )
    held = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the archive
    if len(files) == 1 and _is_zip(*files[0]):
        files[0][1].seek(0)
        shutil.copyfileobj(files[0][1], held)
        return held
    with zipfile.ZipFile(held, "w") as archive:
        for name, file in files:
            file.seek(0)
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                shutil.copyfileobj(file, member)
    return held


def take_in(file: BufferedIOBase, name: str) -> Archive:
    """Look through an archive. See `take_in_steps`."""
    return drain(take_in_steps(file, name))


def take_in_steps(file: BufferedIOBase, name: str) -> Steps[Archive]:
    """Look through an archive and keep what can be read; a step is a picture.

    Every picture is decoded once, and none is kept in memory.

    Args:
        file: The zip; it belongs to the archive from now on.
        name: What a person calls it.

    Raises:
        BadArchive: No zip, no picture in it, or too much.
        BadLabels: Its table of labels can't be read.
    """
    archive = entries.opened(file)
    inside = entries.contents(archive)
    table = _table(archive, inside)
    skipped, ids = list(inside.skipped), dict[str, str]()
    for path, entry in inside.pictures.items():
        yield Progress(len(ids) + len(skipped), len(inside.pictures) + len(inside.skipped))
        try:
            ids[path] = images.picture_id(images.read(_bytes(archive, entry)))
        except images.BadImage as error:
            skipped.append((path, error.reason))
    if not ids:
        raise BadArchive(f"There is no picture in {name}.{_reasons(skipped)}")
    said = _labels(tuple(ids), table)
    told = zip(ids.items(), said, strict=True)
    digest = hashlib.sha256(repr(list(told)).encode()).hexdigest()[:DIGITS]
    return Archive(
        name,
        f"{SCHEME}{digest}",
        keys=tuple(ids.values()),
        files=tuple(ids),
        classes=labels.classes_of(said),
        labels=said,
        skipped=tuple(skipped),
        left_out=inside.left_out,
        memory=file.seek(0, 2),
        file=file,
        packed=archive,
        entries=tuple(inside.pictures[path] for path in ids),
    )


def _is_zip(name: str, file: BufferedIOBase) -> bool:
    """Whether it says so by its name or by its beginning; opening it tells whether it is."""
    file.seek(0)
    return PurePath(name).suffix.lower() == ".zip" or file.read(len(ZIP)) == ZIP


def _bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry unpacked, as far as it says it goes, which was judged.

    Without a bound `read` would unpack all that is there before it cuts off what is too much.

    Raises:
        BadImage: It is damaged, or goes further.
    """
    try:
        with archive.open(entry) as file:
            return file.read(entry.file_size + 1)
    except Exception as error:
        # zipfile, zlib and the file system raise half a dozen types on damaged entries.
        raise images.BadImage(f"The archive is damaged here ({error}).") from error


def _table(archive: zipfile.ZipFile, inside: Contents) -> Mapping[str, str] | None:
    """Labels by path, as the archive's table says; None where it has none.

    Raises:
        BadLabels: It can't be read, or there are several.
    """
    found = list(inside.tables)
    if len(found) > 1:
        found = [path for path in found if posixpath.basename(path) == labels.FILE_NAME]
        if len(found) != 1:
            raise labels.BadLabels(
                f"The archive has {len(inside.tables)} CSV files; keep one with the labels, or call"
                f" one of them {labels.FILE_NAME}."
            )
    if not found:
        return None
    try:
        data = _bytes(archive, inside.tables[found[0]])
    except images.BadImage as error:
        raise labels.BadLabels(f"{found[0]}: {error.reason}") from error
    others = [path for path, _ in inside.skipped]
    return labels.by_table(data, found[0], [*inside.pictures, *others])


def _labels(paths: Sequence[str], table: Mapping[str, str] | None) -> tuple[str, ...]:
    """A table's labels, or folders': those below the one that all pictures lie in."""
    if table is not None:
        return tuple(table.get(path, "") for path in paths)
    below = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    return labels.by_folder(paths, below)


def _reasons(skipped: Sequence[tuple[str, str]]) -> str:
    """The first of what was skipped, for a message."""
    if not skipped:
        return ""
    path, reason = skipped[0]
    more = f" (and {len(skipped) - 1:,} more)" if len(skipped) > 1 else ""
    return f" {path}: {reason}{more}."
