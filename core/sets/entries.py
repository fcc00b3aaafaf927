"""What may be read of an archive that nobody vouches for, judged before a byte of it is unpacked.

Nothing is ever written to disk under a name of the archive's own; names are judged all the same,
since a person and a table of labels go by them.
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
from core.sets.picture_set import MOST, SUFFIXES

# Entries of any kind: Python's list of them takes about 600 bytes each.
MOST_ENTRIES = 50_000
# Bytes of all that is read, unpacked.
MAX_TOTAL = 2_000_000_000
# Deflate packs nothing to less than 1/1032; pictures are packed already, drawings come to 1/100.
MAX_RATIO, RATIO_FROM = 200, 1_000_000
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
TABLE = ".csv"
ARCHIVES = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".cab", ".iso"}
)
# What every entry of a zip's table of contents begins with (APPNOTE.TXT 4.3.12).
ENTRY = b"PK\x01\x02"
DRIVE = re.compile(r"[A-Za-z]:")
# What systems put into archives by themselves.
LEFT_BEHIND = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
BLOCK = 1 << 20
DOTS = ("", ".", "..")
LONGEST_TOLD = 200


class BadArchive(ZooscopeError):
    """Nothing can be read of an archive; the message says why."""


@dataclass(frozen=True)
class Contents:
    """What is in an archive, by path.

    Attributes:
        pictures: Entries that may be pictures, in order, 20,000 at most.
        tables: Entries that may be tables of labels.
        skipped: Paths of other entries, and why each is not read.
        left_out: How many more pictures there are.
    """

    pictures: dict[str, zipfile.ZipInfo]
    tables: dict[str, zipfile.ZipInfo]
    skipped: list[tuple[str, str]]
    left_out: int


def opened(file: BufferedIOBase) -> zipfile.ZipFile:
    """A zip whose table of contents was read, and is no larger than it may be.

    Raises:
        BadArchive: No zip, damaged, or with too many entries.
    """
    if _most_entries(file) > MOST_ENTRIES:
        raise BadArchive(
            f"The archive has more than {MOST_ENTRIES:,} entries; give its pictures in parts."
        )
    try:
        return zipfile.ZipFile(file)
    except Exception as error:
        # zipfile, struct and the codecs raise half a dozen types on a damaged table of contents.
        raise BadArchive(f"This is no zip archive, or a damaged one ({error}).") from error


def contents(archive: zipfile.ZipFile) -> Contents:
    """Sort out an archive's entries; hidden ones are not even told of.

    Raises:
        BadArchive: What would be read comes to too much.
    """
    pictures: dict[str, zipfile.ZipInfo] = {}
    tables: dict[str, zipfile.ZipInfo] = {}
    skipped = []
    for entry in archive.infolist():
        path = _path(entry)
        found = tables if path.lower().endswith(TABLE) else pictures
        if path.endswith("/") or _hidden(path):
            continue
        if reason := _objection(entry, path):
            skipped.append((_shown(path), reason))
        elif path in found:
            skipped.append((path, "a second file of the same path"))
        else:
            found[path] = entry
    kept = dict(list(pictures.items())[:MOST])
    total = sum(entry.file_size for entry in [*kept.values(), *tables.values()])
    if total > MAX_TOTAL:
        raise BadArchive(
            f"The archive's pictures come to {total / 1e9:.1f} GB unpacked, and"
            f" {MAX_TOTAL / 1e9:.0f} GB may be. Give them in parts, or smaller ones."
        )
    return Contents(kept, tables, skipped, len(pictures) - len(kept))


def _most_entries(file: BufferedIOBase) -> int:
    """How many entries a zip can have at most, found out without making a list of them."""
    file.seek(0)
    count, before = 0, b""
    while block := file.read(BLOCK):
        count += (before + block).count(ENTRY)
        before = (before + block)[1 - len(ENTRY) :]
    return count


def _path(entry: zipfile.ZipInfo) -> str:
    """An entry's path; old Windows programs part folders by backslashes."""
    return entry.orig_filename.replace("\\", "/").removeprefix("./")


def _hidden(path: str) -> bool:
    parts = path.split("/")
    return any(part in LEFT_BEHIND or part.startswith(".") for part in parts if part not in DOTS)


def _shown(path: str) -> str:
    """A path to be told of: what can't be seen is marked, what is endless is cut."""
    return "".join("�" if _unseen(letter) else letter for letter in path[:LONGEST_TOLD])


def _unseen(letter: str) -> bool:
    """A control character, one that turns the direction of writing, or none at all."""
    return unicodedata.category(letter).startswith("C")


def _objection(entry: zipfile.ZipInfo, path: str) -> str:
    """Why an entry is not read; empty where it is."""
    suffix = PurePosixPath(path).suffix.lower()
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if any(_unseen(letter) for letter in path):
        return "its name has characters that can't be seen"
    if path.startswith("/") or DRIVE.match(path) or ".." in path.split("/"):
        return "its path leads out of the archive"
    if kind not in (0, stat.S_IFREG):
        return "a link or a device, no file"
    if entry.flag_bits & 0x1:
        return "encrypted"
    if suffix in ARCHIVES:
        return "an archive of its own: give it by itself"
    if suffix not in SUFFIXES and suffix != TABLE:
        return "no picture, by its name"
    if entry.compress_type not in PACKINGS:
        return "packed in another way than zip's usual one"
    if entry.file_size > MAX_BYTES:
        return f"{entry.file_size / 1e6:.0f} MB; {MAX_BYTES / 1e6:.0f} MB may be"
    if entry.file_size > max(RATIO_FROM, MAX_RATIO * entry.compress_size):
        return "packed so tightly that it can be no picture"
    return ""
