"""Archives of pictures that visitors upload: checked once, then read picture by picture."""

import hashlib
import posixpath
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import PurePath

from PIL import Image

from core import images
from core.sets import labels, zip_entries
from core.sets.picture_set import BrokenFile
from core.sets.zip_entries import BadArchive, Contents
from core.steps import Progress, Steps, drain

SCHEME = "archive:"
# Hexadecimal digits of the digest in a reference: 64 bits, too many to guess.
REFERENCE_DIGITS = 16
# Bytes of an upload. Streamlit holds an upload in memory twice until it is copied to a file, and a
# small server has about 700 MB to spare: room for three at once. 100 MB are about 1,000 pictures of
# ImageNet or 20 to 40 photographs in full size. `server.maxUploadSize` has the same limit.
MAX_UPLOAD = 100_000_000
# Pictures of an archive that may take too much time or memory, and the seconds that decoding all
# pictures may take. 20,000 pictures of 500 × 375 pixels take about a minute.
MAX_COSTLY, MAX_SECONDS = 3, 180.0
Decode = Callable[[bytes], Image.Image]
# The first bytes of a zip that has an entry (APPNOTE.TXT 4.3.7).
ZIP = b"PK\x03\x04"


@dataclass(eq=False)
class Archive:
    """A set of pictures in an unnamed temporary zip, which is deleted with its last user.

    Attributes:
        name: Name of the uploaded file.
        reference: Id in recipes and links: a digest of the pictures, their paths and labels.
        keys: The pictures' ids.
        classes: The classes that the labels name.
        files: The pictures' paths.
        labels: Each picture's label from the table of labels, or else from its sub-folder.
        skipped: Paths of the files that were skipped, and the reasons why.
        omitted_count: Number of further pictures that are beyond the limit of 20,000.
        disk_bytes: Size of the temporary file.
        file: The temporary file.
        zip_file: The same file, opened as a zip.
        entries: The pictures' entries in the zip.
        decode: Decodes the bytes of a picture.
    """

    name: str
    reference: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    files: tuple[str, ...]
    labels: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    omitted_count: int
    disk_bytes: int
    file: BufferedIOBase
    zip_file: zipfile.ZipFile
    entries: tuple[zipfile.ZipInfo, ...]
    decode: Decode

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.files)

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Return a picture in its own size.

        Raises:
            BrokenFile: The picture can no longer be read.
        """
        try:
            return self.decode(_unpack(self.zip_file, self.entries[index]))
        except images.BadImage as error:
            raise BrokenFile(f"{self.files[index]} can no longer be read: {error}") from error

    def label(self, index: int) -> str:
        """Return a picture's class; empty if it has no label."""
        return self.labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        """Return a picture's path in the archive."""
        return {"file": self.files[index]}

    def close(self) -> None:
        """Close the temporary file; computations that still read from it fail."""
        self.zip_file.close()
        self.file.close()


def pack_files(files: Sequence[tuple[str, BufferedIOBase]]) -> BufferedIOBase:
    """Copy uploaded files into an unnamed temporary zip; a single zip is copied as it is.

    Args:
        files: Names and contents.

    Raises:
        BadArchive: The files are empty, or too large together.
    """
    size = sum(file.seek(0, 2) for _, file in files)
    if not size:
        raise BadArchive("The upload is empty. Upload pictures, or a zip of pictures.")
    if size > MAX_UPLOAD:
        raise BadArchive(
            f"The upload has {size / 1e6:.0f} MB; the limit is {MAX_UPLOAD / 1e6:.0f} MB. Upload"
            " the pictures in parts, or put them into a folder of ZOOSCOPE_PICTURES."
        )
    temporary = tempfile.TemporaryFile()  # noqa: SIM115 - stays open as long as the archive
    if len(files) == 1 and _looks_like_zip(*files[0]):
        files[0][1].seek(0)
        shutil.copyfileobj(files[0][1], temporary)
        return temporary
    with zipfile.ZipFile(temporary, "w") as archive:
        for name, file in files:
            file.seek(0)
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                shutil.copyfileobj(file, member)
    return temporary


def open_archive(file: BufferedIOBase, name: str, decode: Decode = images.read) -> Archive:
    """Check every picture of a zip and return the set of those that can be read.

    See `open_archive_steps`.
    """
    return drain(open_archive_steps(file, name, decode))


def open_archive_steps(
    file: BufferedIOBase, name: str, decode: Decode = images.read
) -> Steps[Archive]:
    """Check every picture of a zip and return the set of those that can be read.

    Each step decodes a picture. No picture is kept in memory.

    Args:
        file: The zip; from now on it belongs to the archive.
        name: The archive's title for people.
        decode: Decodes the bytes of a picture. A server decodes untrusted ones in child processes
            (`core.decoding`).

    Raises:
        BadArchive: The file is not a zip, has no picture, is too large, or takes too long to check.
        BadLabels: The archive's table of labels can't be read.
    """
    archive = zip_entries.open_zip(file)
    contents = zip_entries.list_contents(archive)
    table = _read_table(archive, contents)
    ids, skipped = yield from _check_pictures_steps(archive, contents, decode)
    if not ids:
        raise BadArchive(f"There is no picture in {name}.{_first_reason(skipped)}")
    picture_labels = _labels(tuple(ids), table)
    identity = list(zip(ids.items(), picture_labels, strict=True))
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:REFERENCE_DIGITS]
    return Archive(
        name,
        f"{SCHEME}{digest}",
        keys=tuple(ids.values()),
        files=tuple(ids),
        classes=labels.class_names(picture_labels),
        labels=picture_labels,
        skipped=tuple(skipped),
        omitted_count=contents.omitted_count,
        disk_bytes=file.seek(0, 2),
        file=file,
        zip_file=archive,
        entries=tuple(contents.pictures[path] for path in ids),
        decode=decode,
    )


def _check_pictures_steps(
    archive: zipfile.ZipFile, contents: Contents, decode: Decode
) -> Steps[tuple[dict[str, str], list[tuple[str, str]]]]:
    """Return the ids of an archive's pictures by path, and the skipped files with the reasons.

    Raises:
        BadArchive: Several pictures take too much time or memory, or all of them take too long.
    """
    skipped, ids, costly, seconds = list(contents.skipped), dict[str, str](), 0, 0.0
    for path, entry in contents.pictures.items():
        yield Progress(len(ids) + len(skipped), len(contents.pictures) + len(contents.skipped))
        if seconds > MAX_SECONDS:
            raise BadArchive(
                f"Decoding the pictures takes more than {MAX_SECONDS / 60:.0f} minutes. Upload"
                " smaller pictures, or upload them in parts."
            )
        started = time.monotonic()
        try:
            ids[path] = images.picture_id(decode(_unpack(archive, entry)))
        except images.BadImage as error:
            skipped.append((path, error.reason))
            costly += isinstance(error, images.CostlyImage)
        seconds += time.monotonic() - started
        if costly > MAX_COSTLY:
            raise BadArchive(
                f"More than {MAX_COSTLY} pictures take too much time or memory to decode, {path}"
                " among them. Remove them, and upload the others."
            )
    return ids, skipped


def _looks_like_zip(name: str, file: BufferedIOBase) -> bool:
    """Return whether the name or the first bytes are those of a zip, which need not be valid."""
    file.seek(0)
    return PurePath(name).suffix.lower() == ".zip" or file.read(len(ZIP)) == ZIP


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack an entry, up to one byte more than its declared size, which has been checked.

    Without this bound, `read` would unpack all data before it cuts off what exceeds the size.

    Raises:
        BadImage: The entry is damaged, or larger than declared.
    """
    try:
        with archive.open(entry) as file:
            return file.read(entry.file_size + 1)
    except Exception as error:
        # zipfile, zlib and the file system raise half a dozen types on damaged entries.
        raise images.BadImage(f"This part of the archive is damaged ({error}).") from error


def _read_table(archive: zipfile.ZipFile, contents: Contents) -> Mapping[str, str] | None:
    """Return labels by path from the archive's table, or None if it has no table.

    Raises:
        BadLabels: The table can't be read, or there are several.
    """
    paths = list(contents.tables)
    if len(paths) > 1:
        paths = [path for path in paths if posixpath.basename(path) == labels.FILE_NAME]
        if len(paths) != 1:
            raise labels.BadLabels(
                f"The archive has {len(contents.tables)} CSV files. Keep only the table of labels,"
                f" or name it {labels.FILE_NAME}."
            )
    if not paths:
        return None
    try:
        data = _unpack(archive, contents.tables[paths[0]])
    except images.BadImage as error:
        raise labels.BadLabels(f"{paths[0]}: {error.reason}") from error
    skipped = [path for path, _ in contents.skipped]
    return labels.from_table(data, paths[0], [*contents.pictures, *skipped])


def _labels(paths: Sequence[str], table: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return the table's labels, or else the folders below the one that contains all pictures."""
    if table is not None:
        return tuple(table.get(path, "") for path in paths)
    root = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    return labels.from_folders(paths, root)


def _first_reason(skipped: Sequence[tuple[str, str]]) -> str:
    """Return a sentence on the first skipped file and the number of the others."""
    if not skipped:
        return ""
    path, reason = skipped[0]
    more = f" (and {len(skipped) - 1:,} more)" if len(skipped) > 1 else ""
    return f" {path}: {reason}{more}."
