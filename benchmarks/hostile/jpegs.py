"""Hostile JPEG files."""

import io
import struct

from PIL import Image

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
# A scan of one component's coefficients 1 to 63, without any data.
EMPTY_SCAN = SCAN + struct.pack(">HBBBBBB", 8, 1, 1, 0x00, 1, 63, 0)


def plain(width: int = 64, height: int = 48, mode: str = "L", **options: object) -> bytes:
    """Return an ordinary JPEG of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), 0).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def with_scans(count: int, width: int = 2000, height: int = 2000) -> bytes:
    """Return a progressive JPEG with `count` additional empty scans."""
    data = plain(width, height, progressive=True)
    return data.removesuffix(END) + count * EMPTY_SCAN + END


def with_segments(marker: int, count: int, content: bytes = b"") -> bytes:
    """Return a JPEG that begins with `count` segments of a marker."""
    segment = struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content
    return START + count * segment + plain().removeprefix(START)


def with_bytes(stray: bytes) -> bytes:
    """Return a JPEG with stray bytes before its first segment."""
    return START + stray + plain().removeprefix(START)


def photoshop(count: int) -> bytes:
    """Return a JPEG with `count` segments that are full of empty Photoshop resources."""
    resources = b"8BIM" + struct.pack(">HHI", 1, 0, 0)
    content = b"Photoshop 3.0\x00" + resources * (65_500 // len(resources))
    return with_segments(0xED, count, content)


def exif(count: int) -> bytes:
    """Return a JPEG with `count` segments of EXIF, each with 5,000 tags."""
    tags = b"".join(struct.pack("<2HI4s", 40_000 + tag, 1, 1, b"") for tag in range(5000))
    content = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 5000) + tags
    return with_segments(0xE1, count, content)
