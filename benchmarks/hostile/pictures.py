"""Hostile pictures of up to 20 MB, decoded as uploads are."""

import io
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PIL import Image

from benchmarks.hostile import jpegs, other_formats, pngs
from benchmarks.hostile.measure import Case
from core import images
from core.decoding import Decoder

# The largest file and pictures that are read: 20 MB and 40 megapixels, or 28 of a WebP.
BYTES = images.MAX_BYTES
LARGE, WEBP = (8000, 5000), (8000, 3500)
Makers = Sequence[tuple[str, Callable[[], bytes]]]

JPEGS: Makers = (
    ("JPEG, 19,000 empty scans", partial(jpegs.with_scans, 19_000)),
    ("JPEG, 1.9 million empty scans", partial(jpegs.with_scans, 1_900_000)),
    ("JPEG, 50 empty scans, 40 megapixels", partial(jpegs.with_scans, 50, *LARGE)),
    ("JPEG, 4.9 million empty APP5", partial(jpegs.with_segments, 0xE5, 4_900_000)),
    ("JPEG, 3.9 million COM of a byte", partial(jpegs.with_segments, 0xFE, 3_900_000, b"x")),
    ("JPEG, 300 COM of 64 kB", partial(jpegs.with_segments, 0xFE, 300, bytes(65_000))),
    ("JPEG, 300 DQT of 64 kB", partial(jpegs.with_segments, 0xDB, 300, bytes(65 * 1000))),
    ("JPEG, 19.9 MB of 0xFF", lambda: jpegs.with_bytes(b"\xff" * (BYTES - 10_000))),
    (
        "JPEG, 19.9 MB of stray bytes",
        lambda: jpegs.with_bytes(b"\xff\xe5\0\2" + b"x" * (BYTES - 10_000)),
    ),
    ("JPEG, 9.9 million restarts", lambda: jpegs.with_bytes(b"\xff\xd0" * (BYTES // 2 - 5000))),
    ("JPEG, 300 Photoshop segments", partial(jpegs.photoshop, 300)),
    ("JPEG, 300 EXIF segments of 5,000 tags", partial(jpegs.exif, 300)),
    ("JPEG, progressive, 40 megapixels", lambda: jpegs.plain(*LARGE, "RGB", progressive=True)),
    (
        "JPEG, progressive CMYK, 40 megapixels",
        lambda: jpegs.plain(*LARGE, "CMYK", progressive=True),
    ),
    ("JPEG, noise, progressive, 40 megapixels", lambda: _noise("JPEG", progressive=True)),
)
PNGS: Makers = (
    ("PNG, 15,000 iCCP of 1 MB", partial(pngs.compressed, b"iCCP", 15_000)),
    ("PNG, 15,000 zTXt of 1 MB", partial(pngs.compressed, b"zTXt", 15_000)),
    ("PNG, 50 iTXt of 1 MB", partial(pngs.compressed, b"iTXt", 50)),
    ("PNG, 1.6 million private chunks", partial(pngs.private, 1_600_000)),
    ("PNG, 1.6 million private chunks at its end", partial(pngs.private, 1_600_000, after=True)),
    ("PNG, 1.6 million empty IDAT", partial(pngs.image_chunks, 1_600_000)),
    ("PNG, black, 40 megapixels of RGBA", lambda: b"".join(pngs.black(*LARGE, 8, pngs.RGBA))),
    (
        "PNG, black, 40 megapixels of 16-bit RGBA",
        lambda: b"".join(pngs.black(*LARGE, 16, pngs.RGBA)),
    ),
    ("PNG, black, 40 megapixels of 16-bit grey", lambda: b"".join(pngs.black(*LARGE, 16))),
    ("PNG, black, 200 megapixels", lambda: b"".join(pngs.black(20_000, 10_000))),
)
OTHERS: Makers = (
    ("GIF, 6.6 million empty comments", partial(other_formats.gif_comments, 6_600_000)),
    ("GIF, a comment of 9.9 million blocks", partial(other_formats.gif_blocks, 9_900_000)),
    ("GIF, 19.9 MB of stray bytes", partial(other_formats.gif_stray, BYTES - 10_000)),
    ("GIF, 190,000 frames", partial(other_formats.gif_frames, 190_000)),
    ("GIF, black, 40 megapixels", partial(other_formats.saved, "GIF", LARGE, "L")),
    ("TIFF, 60,000 tags", partial(other_formats.tiff_tags, 60_000)),
    ("TIFF, 900,000 tags (BigTIFF)", partial(other_formats.big_tiff_tags, 900_000)),
    ("TIFF, 4.9 million strips", partial(other_formats.tiff_strips, 4_900_000)),
    ("TIFF, a chain of 1.1 million pages", partial(other_formats.tiff_pages, 1_100_000)),
    ("TIFF, 40 megapixels of floats",
     lambda: other_formats.saved("TIFF", LARGE, "F", compression="tiff_adobe_deflate")),
    ("TIFF, black, 40 megapixels of LZW",
     lambda: other_formats.saved("TIFF", LARGE, "RGB", compression="tiff_lzw")),
    ("WebP, 2.4 million chunks", partial(other_formats.webp_chunks, 2_400_000)),
    ("WebP, 30,000 frames without data", partial(other_formats.webp_chunks, 30_000, b"ANMF")),
    ("WebP, black, 40 megapixels", lambda: other_formats.saved("WEBP", LARGE, "RGBA", method=0)),
    ("WebP, black, 28 megapixels", lambda: other_formats.saved("WEBP", WEBP, "RGBA", method=0)),
    ("WebP, black, lossless, 28 megapixels",
     lambda: other_formats.saved("WEBP", WEBP, "RGBA", lossless=True, method=0)),
    ("BMP, 9.9 million runs of a pixel",
     lambda: other_formats.bmp_runs((3300, 3000), b"\1\0" * (BYTES // 2 - 1000))),
    ("BMP, 9.9 million runs of no pixel",
     lambda: other_formats.bmp_runs((3300, 3000), b"\1\0" * 3300 + b"\1\0" * 9_000_000)),
    ("BMP, 900 line ends of 44,000 pixels",
     lambda: other_formats.bmp_runs((44_000, 900), b"\1\0\0\0" * 900)),
    ("20 MB of noise", lambda: np.random.default_rng(0).bytes(BYTES)),
)  # fmt: skip


def cases(decoder: Decoder) -> list[Case]:
    """Return all hostile pictures."""

    def read(data: bytes) -> str:
        width, height = decoder.read(data).size
        return f"read, {width} × {height}"

    return [Case(name, make, read) for name, make in (*JPEGS, *PNGS, *OTHERS)]


def _noise(kind: str, **options: object) -> bytes:
    """Return a picture of fine noise, whose file is as large as possible."""
    grey = np.random.default_rng(0).integers(100, 156, LARGE[::-1], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(buffer, kind, quality=60, **options)
    return buffer.getvalue()
