"""Hostile PNG files."""

import struct
import zlib
from collections.abc import Iterable

START = b"\x89PNG\r\n\x1a\n"
END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
# Bytes of text or a colour profile that Pillow unpacks of one chunk.
UNPACKED = 1_000_000
GREY, RGB, RGBA = 0, 2, 6


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """Return a chunk of a PNG file."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def header(
    width: int, height: int, bits: int = 8, colour: int = GREY, interlaced: int = 0
) -> bytes:
    """Return the start of a PNG file: its signature and its header chunk."""
    return START + chunk(
        b"IHDR", struct.pack(">2I5B", width, height, bits, colour, 0, 0, interlaced)
    )


def black(width: int = 64, height: int = 48, bits: int = 8, colour: int = GREY) -> list[bytes]:
    """Return the parts of a black picture: its header, its chunk of image data, its end."""
    samples = {GREY: 1, RGB: 3, RGBA: 4}[colour]
    packer, row = zlib.compressobj(9), bytes(1 + width * samples * bits // 8)
    packed = [packer.compress(row) for _ in range(height)]
    data = b"".join([*packed, packer.flush()])
    return [header(width, height, bits, colour), chunk(b"IDAT", data), END]


def with_chunks(chunks: Iterable[bytes], after: bool = False) -> bytes:
    """Return a PNG with additional chunks before or after its image data."""
    start, data, end = black()
    more = b"".join(chunks)
    return start + (data + more if after else more + data) + end


def private(count: int, after: bool = False) -> bytes:
    """Return a PNG with `count` empty private chunks."""
    return with_chunks([chunk(b"abCd") * count], after)


def compressed(name: bytes, count: int) -> bytes:
    """Return a PNG with `count` chunks of metadata that unpack to a megabyte each."""
    start = {b"iCCP": b"x\0\0", b"zTXt": b"x\0\0", b"iTXt": b"x\0\1\0\0\0"}[name]
    return with_chunks([chunk(name, start + zlib.compress(bytes(UNPACKED), 9)) * count])


def image_chunks(count: int) -> bytes:
    """Return a PNG with `count` empty chunks of image data."""
    return with_chunks([chunk(b"IDAT") * count])
