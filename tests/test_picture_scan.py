"""Files that consist of too many parts are rejected before they are decoded; ordinary ones pass."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from benchmarks.hostile import jpegs, other_formats, pngs
from core import images, picture_scan
from core.images import BadImage

SEGMENT = 0xE5


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def saved(img: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    img.save(buffer, kind, **options)
    return buffer.getvalue()


def with_image_data_in_chunks(img: Image.Image, length: int) -> bytes:
    """Return a PNG whose image data is in chunks of this length."""
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(img))
    packed = zlib.compress(rows)
    parts = (packed[first : first + length] for first in range(0, len(packed), length))
    start = pngs.header(*img.size, colour=pngs.RGB)
    return start + b"".join(pngs.chunk(b"IDAT", part) for part in parts) + pngs.END


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (jpegs.with_scans(100, 64, 48), "JPEG file has more than 64 scans"),
        (jpegs.with_segments(SEGMENT, 3000), "JPEG file has more than 2,000 segments"),
        (jpegs.with_segments(0xFE, 3000), "JPEG file has more than 2,000 segments"),
        (jpegs.with_bytes(b"\xff" * 70_000), "JPEG file has more than 65,536 stray bytes"),
        (jpegs.with_bytes(b"\xff\xe5\0\2" + b"x" * 70_000), "more than 65,536 stray bytes"),
        (jpegs.with_bytes(b"\xff\xd0" * 3000), "JPEG file has more than 2,000 segments"),
        (jpegs.with_bytes(b"\xff\xd9" * 3000), "JPEG file has more than 2,000 segments"),
        (jpegs.START + b"\xff" * 70_000, "JPEG file has more than 65,536 stray bytes"),
        (pngs.compressed(b"iCCP", 60), "PNG file has more than 50 compressed chunks"),
        (pngs.compressed(b"zTXt", 60), "PNG file has more than 50 compressed chunks"),
        (pngs.compressed(b"iTXt", 60), "PNG file has more than 50 compressed chunks"),
        (pngs.private(3000), "PNG file has more than 2,000 chunks"),
        (pngs.private(3000, after=True), "PNG file has more than 2,000 chunks"),
        (pngs.image_chunks(50_000), "PNG file has more than 40,000 chunks of image data"),
        (other_formats.gif_comments(60_000), "GIF file has more than 50,000 blocks"),
        (other_formats.gif_blocks(60_000), "GIF file has more than 50,000 blocks"),
        (other_formats.gif_stray(70_000), "GIF file has more than 65,536 stray bytes"),
        (other_formats.tiff_tags(5000), "TIFF file has more than 2,000 tags"),
        (other_formats.big_tiff_tags(5000), "TIFF file has more than 2,000 tags"),
        (other_formats.tiff_strips(60_000), "TIFF file has more than 50,000 strips or tiles"),
        (other_formats.webp_chunks(50_000), "WebP file has more than 40,000 chunks"),
    ],
)  # fmt: skip
def test_a_file_of_too_many_parts_is_rejected_with_the_reason(data, reason, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("Pillow read the file"))
    with pytest.raises(BadImage, match=reason) as error:
        images.read(data)
    assert "40 megapixels" in str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        jpegs.with_scans(50, 64, 48),
        jpegs.with_segments(SEGMENT, 1900),
        jpegs.with_segments(0xE2, 255, b"ICC_PROFILE\0\1\377" + bytes(100)),
        jpegs.with_bytes(b"\xff" * 60_000),
        pngs.private(1900),
        pngs.compressed(b"zTXt", 20),
        other_formats.gif_comments(40_000),
        other_formats.gif_frames(3000),
        other_formats.webp_chunks(30_000),
    ],
)
def test_as_many_parts_as_the_limits_allow_are_read(data):
    assert images.read(data).size == (64, 48)


@pytest.mark.parametrize(
    "data",
    [
        saved(noise(300, 200), "JPEG", progressive=True, quality=90),
        with_image_data_in_chunks(noise(500, 400), 50),
        saved(noise(1000, 900), "TIFF", tiffinfo={278: 1}),
        saved(noise(300, 200), "TIFF", tiffinfo={278: 1}, compression="tiff_lzw"),
        saved(noise(64, 48), "TIFF", big_tiff=True),
        saved(noise(64, 48), "WEBP", save_all=True, append_images=[noise(64, 48)] * 40),
        saved(noise(64, 48), "GIF", save_all=True, append_images=[noise(64, 48)] * 40),
        saved(noise(64, 48), "MPO", save_all=True, append_images=[noise(64, 48)]),
    ],
    ids=["JPEG", "PNG", "TIFF", "LZW", "BigTIFF", "WebP", "GIF", "MPO"],
)
def test_ordinary_files_of_many_parts_are_read_as_pillow_reads_them(data):
    expected = Image.open(io.BytesIO(data)).convert("RGB")
    assert images.read(data).tobytes() == expected.tobytes()


def test_all_real_scans_of_a_progressive_jpeg_are_counted(monkeypatch):
    data = saved(noise(64, 48), "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    assert scans == 10
    monkeypatch.setattr(picture_scan, "LIMITS", {**picture_scan.LIMITS, "scans": scans})
    picture_scan.scan(data)
    monkeypatch.setattr(picture_scan, "LIMITS", {**picture_scan.LIMITS, "scans": scans - 1})
    with pytest.raises(picture_scan.TooManyParts, match="9 scans"):
        picture_scan.scan(data)


def test_scans_within_a_thumbnail_do_not_count():
    thumbnail = jpegs.with_scans(100, 32, 32)
    content = b"Exif\0\0" + thumbnail
    assert images.read(jpegs.with_segments(0xEB, 3, content)).size == (64, 48)


@pytest.mark.parametrize(
    "data",
    [jpegs.plain(), b"".join(pngs.black()), other_formats.tiff_strips(3), b"RIFF", b"GIF89a"],
)
def test_a_file_cut_anywhere_passes_the_scan(data):
    for length in range(len(data)):
        picture_scan.scan(data[:length])
