"""Check the entries of an untrusted zip before any of them is unpacked.

Nothing is ever written to disk under an entry's name. Names are checked all the same, since people
read them and tables of labels refer to them.
"""

import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import PurePosixPath

from core.errors import ZooscopeError
from core.images import MAX_BYTES
from core.sets.picture_set import MAX_PICTURES, SUFFIXES

# The largest number of entries of any kind: Python's list of them takes about 600 bytes each.
MAX_ENTRIES = 50_000
# Unpacked bytes of all entries that are read.
MAX_TOTAL = 2_000_000_000
# The largest compression ratio of entries of more than `RATIO_FROM` bytes. Deflate reaches 1032 at
# most; pictures are compressed already, and drawings reach about 100.
MAX_RATIO, RATIO_FROM = 200, 1_000_000
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
TABLE = ".csv"
ARCHIVES = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".cab", ".iso"}
)
# The first bytes of every entry of a zip's central directory (APPNOTE.TXT 4.3.12).
ENTRY = b"PK\x01\x02"
DRIVE = re.compile(r"[A-Za-z]:")
# Files that operating systems add to archives.
SYSTEM_FILES = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
# Bytes that are read at once while entries are counted.
BLOCK = 1 << 20
DOTS = ("", ".", "..")
# Characters of a skipped entry's path that are shown.
MAX_SHOWN = 200


class BadArchive(ZooscopeError):
    """An archive can't be read; the message says why."""


@dataclass(frozen=True)
class Contents:
    """The checked entries of an archive, by path.

    Attributes:
        pictures: Entries that may be pictures, in the archive's order, at most 20,000.
        tables: Entries that may be tables of labels.
        skipped: Paths of other entries, and the reason why each is not read.
        omitted_count: Number of further pictures that are beyond the limit of 20,000.
    """

    pictures: dict[str, zipfile.ZipInfo]
    tables: dict[str, zipfile.ZipInfo]
    skipped: list[tuple[str, str]]
    omitted_count: int


def open_zip(file: BufferedIOBase) -> zipfile.ZipFile:
    """Open a zip and read its central directory, unless that has too many entries.

    Raises:
        BadArchive: The file is not a zip, is damaged, or has too many entries.
    """
    if _count_entries(file) > MAX_ENTRIES:
        raise BadArchive(
            f"The archive has more than {MAX_ENTRIES:,} entries. Upload its pictures in parts."
        )
    try:
        return zipfile.ZipFile(file)
    except Exception as error:
        # zipfile, struct and the codecs raise half a dozen types on a damaged central directory.
        raise BadArchive(
            f"This is not a zip archive, or the archive is damaged ({error})."
        ) from error


def list_contents(archive: zipfile.ZipFile) -> Contents:
    """Sort an archive's entries into pictures, tables and skipped entries; ignore hidden ones.

    Raises:
        BadArchive: The pictures and tables are too large together.
    """
    pictures: dict[str, zipfile.ZipInfo] = {}
    tables: dict[str, zipfile.ZipInfo] = {}
    skipped = []
    for entry in archive.infolist():
        path = _path_of(entry)
        entries = tables if path.lower().endswith(TABLE) else pictures
        if path.endswith("/") or _is_hidden(path):
            continue
        if reason := _reason_to_skip(entry, path):
            skipped.append((_printable(path), reason))
        elif path in entries:
            skipped.append((path, "a second file with the same path"))
        else:
            entries[path] = entry
    kept = dict(list(pictures.items())[:MAX_PICTURES])
    total = sum(entry.file_size for entry in [*kept.values(), *tables.values()])
    if total > MAX_TOTAL:
        raise BadArchive(
            f"The archive's pictures take {total / 1e9:.1f} GB unpacked; the limit is"
            f" {MAX_TOTAL / 1e9:.0f} GB. Upload them in parts, or upload smaller pictures."
        )
    return Contents(kept, tables, skipped, len(pictures) - len(kept))


def _count_entries(file: BufferedIOBase) -> int:
    """Return an upper bound of the number of a zip's entries, without building a list of them."""
    file.seek(0)
    count, overlap = 0, b""
    while block := file.read(BLOCK):
        count += (overlap + block).count(ENTRY)
        overlap = (overlap + block)[1 - len(ENTRY) :]
    return count


def _path_of(entry: zipfile.ZipInfo) -> str:
    """Return an entry's path with forward slashes; old Windows programs write backslashes."""
    return entry.orig_filename.replace("\\", "/").removeprefix("./")


def _is_hidden(path: str) -> bool:
    """Return whether a path contains a hidden file or folder, or a file of an operating system."""
    parts = [part for part in path.split("/") if part not in DOTS]
    return any(part in SYSTEM_FILES or part.startswith(".") for part in parts)


def _printable(path: str) -> str:
    """Return a path that is safe to show: invisible characters replaced, and long paths cut."""
    return "".join("�" if _is_invisible(letter) else letter for letter in path[:MAX_SHOWN])


def _is_invisible(letter: str) -> bool:
    """Return whether a character is a control, format or unassigned character.

    Format characters include those that reverse the direction of writing.
    """
    return unicodedata.category(letter).startswith("C")


def _reason_to_skip(entry: zipfile.ZipInfo, path: str) -> str:
    """Return why an entry is not read, or an empty text if it is read."""
    suffix = PurePosixPath(path).suffix.lower()
    file_type = stat.S_IFMT(entry.external_attr >> 16)
    if any(_is_invisible(letter) for letter in path):
        return "its name has invisible characters"
    if path.startswith("/") or DRIVE.match(path) or ".." in path.split("/"):
        return "its path leads out of the archive"
    if file_type not in (0, stat.S_IFREG):
        return "a link or a device, not a file"
    if entry.flag_bits & 0x1:
        return "encrypted"
    if suffix in ARCHIVES:
        return "an archive within the archive; upload it separately"
    if suffix not in SUFFIXES and suffix != TABLE:
        return "not a picture, by its file name"
    if entry.compress_type not in COMPRESSIONS:
        return "compressed with an unsupported method"
    if entry.file_size > MAX_BYTES:
        return f"{entry.file_size / 1e6:.0f} MB; the limit is {MAX_BYTES / 1e6:.0f} MB"
    if entry.file_size > max(RATIO_FROM, MAX_RATIO * entry.compress_size):
        return "compressed too strongly for a picture"
    return ""
