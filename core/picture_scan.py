"""Count the parts of an untrusted picture file before anything is decoded.

A small file can have millions of parts: empty scans of a progressive JPEG, comments, private
chunks. Each part costs a decoder time or memory. A scan follows the lengths in the file, reads no
content, and stops at the first limit. The limits are far above what cameras and programs write.
"""

import re
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

# The largest number of each part in a file. What ordinary files have: a progressive JPEG about 10
# scans; a 20 MB JPEG of metadata about 300 segments, 255 of them for a colour profile (ICC.1:2022,
# B.4); a 20 MB PNG 2,500 chunks of image data of 8 kB each, as libpng writes them, and a few dozen
# other chunks; a TIFF of 40 megapixels at most 44,721 strips of one row.
LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "scans": 64,
        "segments": 2000,
        "stray bytes": 65_536,
        "chunks of image data": 40_000,
        "chunks": 2000,
        "compressed chunks of metadata": 50,
        "blocks": 50_000,
        "tags": 2000,
        "strips or tiles": 50_000,
    }
)

# JPEG (ITU T.81, B.1.1): a marker is a byte 0xFF and another that is neither 0x00 nor 0xFF. The
# data of a scan also has restart markers, 0xD0 to 0xD7, which belong to it.
MARKER = re.compile(rb"\xff[^\x00\xff]")
MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
END_OF_IMAGE, START_OF_SCAN = 0xD9, 0xDA
# Markers of 0xC0 and above that no length follows: restarts, start and end of the image.
WITHOUT_LENGTH = range(0xD0, 0xDA)
FIRST_WITH_LENGTH = 0xC0

# PNG (third edition, 11): chunks of image data, and chunks that are unpacked when they are read.
IMAGE_DATA = frozenset({b"IDAT", b"fdAT", b"fcTL"})
COMPRESSED = frozenset({b"iCCP", b"zTXt", b"iTXt"})

# GIF89a, 17 to 26: a picture begins with a comma, an extension with an exclamation mark.
GIF_HEADER, GIF_PICTURE, GIF_EXTENSION, GIF_END = 13, 0x2C, 0x21, 0x3B

# TIFF 6.0, section 8 and 15: the tags whose values are the places of strips and tiles.
STRIP_OFFSETS, TILE_OFFSETS = 273, 324


class TooManyParts(Exception):
    """A file has too many parts of a kind; the message says which."""


class _Counts:
    """Counts the parts of a file.

    Args:
        kind: The name of the file's format.
    """

    def __init__(self, kind: str):
        self._kind = kind
        self._counts: Counter[str] = Counter()

    def add(self, part: str, number: int = 1) -> None:
        """Count parts.

        Raises:
            TooManyParts: There are more than `LIMITS` allows.
        """
        self._counts[part] += number
        if self._counts[part] > LIMITS[part]:
            raise TooManyParts(f"The {self._kind} file has more than {LIMITS[part]:,} {part}.")


def scan(data: bytes) -> None:
    """Check the number of a file's parts. Files of other formats, and damaged files, pass.

    Args:
        data: The bytes of a JPEG, PNG, GIF, TIFF or WebP file, or of any other file.

    Raises:
        TooManyParts: The file has too many scans, segments, chunks, blocks, tags or strips.
    """
    for start, kind, scan_format in SCANS:
        if data.startswith(start):
            try:
                scan_format(data, _Counts(kind))
            except (struct.error, IndexError):
                return  # the file ends within a part; its decoder says so


def _scan_jpeg(data: bytes, counts: _Counts) -> None:
    """Count segments and scans up to the end of the image.

    Before the first scan, bytes between segments count as well: they are skipped one by one. After
    it, they are the scan's data.
    """
    position, marker = 2, MARKER
    while match := marker.search(data, position):
        code = data[match.end() - 1]
        if marker is MARKER:
            counts.add("stray bytes", match.start() - position)
        elif code == END_OF_IMAGE:
            return
        counts.add("scans" if code == START_OF_SCAN else "segments")
        position = match.end()
        if code >= FIRST_WITH_LENGTH and code not in WITHOUT_LENGTH:
            position += max(2, struct.unpack_from(">H", data, position)[0])
        if code == START_OF_SCAN:
            marker = MARKER_AFTER_SCAN
    if marker is MARKER:
        counts.add("stray bytes", max(0, len(data) - position))


def _scan_png(data: bytes, counts: _Counts) -> None:
    position, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        counts.add("chunks of image data" if name in IMAGE_DATA else "chunks")
        if name in COMPRESSED:
            counts.add("compressed chunks of metadata")
        position += 12 + length


def _scan_gif(data: bytes, counts: _Counts) -> None:
    """Count what precedes the first picture, the only one that is read."""
    position = GIF_HEADER + _gif_palette_bytes(data[10])
    while data[position] not in (GIF_PICTURE, GIF_END):
        if data[position] != GIF_EXTENSION:
            counts.add("stray bytes")
            position += 1
            continue
        position += 2
        counts.add("blocks")
        while length := data[position]:
            counts.add("blocks")
            position += 1 + length
        position += 1


def _gif_palette_bytes(flags: int) -> int:
    """Return the size of the palette that a header's flags declare."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _scan_tiff(data: bytes, counts: _Counts) -> None:
    """Count the tags, strips and tiles of the first directory, the only one that is read."""
    order = "<" if data.startswith(b"II") else ">"
    big = data[2] == 43  # BigTIFF, which has 64-bit offsets
    if big:
        (position,) = struct.unpack_from(f"{order}Q", data, 8)
    else:
        (position,) = struct.unpack_from(f"{order}I", data, 4)
    number, tag = f"{order}{'Q' if big else 'H'}", f"{order}2H{'Q' if big else 'I'}"
    (tags,) = struct.unpack_from(number, data, position)
    counts.add("tags", tags)
    for index in range(tags):
        start = position + struct.calcsize(number) + index * (20 if big else 12)
        code, _, count = struct.unpack_from(tag, data, start)
        if code in (STRIP_OFFSETS, TILE_OFFSETS):
            counts.add("strips or tiles", count)


def _scan_webp(data: bytes, counts: _Counts) -> None:
    position = 12
    while True:
        (length,) = struct.unpack_from("<I", data, position + 4)
        counts.add("chunks of image data")
        position += 8 + length + length % 2


SCANS: tuple[tuple[bytes | tuple[bytes, ...], str, Callable[[bytes, _Counts], None]], ...] = (
    (b"\xff\xd8\xff", "JPEG", _scan_jpeg),
    (b"\x89PNG\r\n\x1a\n", "PNG", _scan_png),
    ((b"GIF87a", b"GIF89a"), "GIF", _scan_gif),
    ((b"II", b"MM"), "TIFF", _scan_tiff),
    (b"RIFF", "WebP", _scan_webp),
)
