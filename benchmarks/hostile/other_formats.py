"""Hostile GIF, TIFF, WebP and BMP files."""

import io
import struct

from PIL import Image


def saved(kind: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    """Return a black picture in a format."""
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


GIF = saved("GIF", (64, 48), "1")
# The header of 13 bytes and the palette of 256 colours; the picture.
GIF_START, GIF_END = GIF[: 13 + 3 * 256], GIF[13 + 3 * 256 :]


def gif_comments(count: int) -> bytes:
    """Return a GIF with `count` empty comments before its picture."""
    return GIF_START + b"!\xfe\0" * count + GIF_END


def gif_blocks(count: int) -> bytes:
    """Return a GIF with a comment of `count` blocks of a byte."""
    return GIF_START + b"!\xfe" + b"\1x" * count + b"\0" + GIF_END


def gif_stray(count: int) -> bytes:
    """Return a GIF with `count` stray bytes before its picture."""
    return GIF_START + b"x" * count + GIF_END


def gif_frames(count: int) -> bytes:
    """Return a GIF with `count` pictures."""
    return (
        saved("GIF", (64, 48), "L").removesuffix(b";") + GIF_END.removesuffix(b";") * count + b";"
    )


def tiff(*tags: tuple[int, int, int, int], following: bytes = b"") -> bytes:
    """Return a grey TIFF of 64 × 48 pixels with additional tags: code, type, count and value."""
    basic = [(256, 4, 1, 64), (257, 4, 1, 48), (258, 3, 1, 8), (262, 3, 1, 1)]
    entries = b"".join(struct.pack("<2H2I", *tag) for tag in sorted([*basic, *tags]))
    count = len(entries) // 12
    return b"II*\0" + struct.pack("<IH", 8, count) + entries + bytes(4) + following


def tiff_tags(count: int) -> bytes:
    """Return a TIFF with `count` tags, 65,535 at most."""
    return tiff(*((1000 + tag % 60_000, 1, 1, 0) for tag in range(count - 4)))


def big_tiff_tags(count: int) -> bytes:
    """Return a BigTIFF with `count` tags."""
    entries = b"".join(struct.pack("<2H2Q", 1000 + tag % 60_000, 1, 1, 0) for tag in range(count))
    return b"II+\0" + struct.pack("<2H2Q", 8, 0, 16, count) + entries


def tiff_strips(count: int) -> bytes:
    """Return a TIFF with `count` strips."""
    place = 8 + 2 + 12 * 7 + 4
    strips = [(273, 4, count, place), (278, 4, 1, 1), (279, 4, count, place)]
    return tiff(*strips, following=struct.pack("<I", 8) * count)


def tiff_pages(count: int) -> bytes:
    """Return a TIFF with a chain of `count` directories after the first."""
    first = tiff((273, 4, 1, 8), (278, 4, 1, 48), (279, 4, 1, 64 * 48))
    page, tag = 2 + 12 + 4, struct.pack("<2H2I", 256, 4, 1, 64)
    chain = (
        struct.pack("<H", 1) + tag + struct.pack("<I", len(first) + page * (number + 1))
        for number in range(count)
    )
    return first[:-4] + struct.pack("<I", len(first)) + b"".join(chain)


def webp_chunks(count: int, name: bytes = b"abcd") -> bytes:
    """Return a WebP with `count` additional empty chunks."""
    chunks = saved("WEBP", (64, 48))[12:] + (name + bytes(4)) * count
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def bmp_runs(size: tuple[int, int], codes: bytes) -> bytes:
    """Return an 8-bit BMP whose pixels are these codes of run-length encoding."""
    palette = bytes(4 * 256)
    offset = 14 + 40 + len(palette)
    info = struct.pack("<I2i2H6I", 40, *size, 1, 8, 1, len(codes), 0, 0, 256, 0)
    return b"BM" + struct.pack("<I2HI", offset + len(codes), 0, 0, offset) + info + palette + codes
