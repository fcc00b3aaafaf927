"""Decoding of untrusted pictures: every format, every mode, and every kind of bad file."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from core import images
from core.images import BadImage, picture_id, read
from tests.conftest import PROJECT

LOSSLESS = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
}
LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "GIF": {}}
FORMATS = LOSSLESS | LOSSY

ORIENTATION = 0x0112  # EXIF's tag
# How a camera stores an upright picture, by EXIF orientation. The standard defines on which side of
# the upright picture the first stored row and the first stored column are.
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: upright.transpose(1, 0, 2)[::-1],
    7: lambda upright: upright.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda upright: upright.transpose(1, 0, 2)[:, ::-1],
}


def gradients(width: int = 24, height: int = 16) -> np.ndarray:
    """Return smooth colours, which lossy formats keep, without symmetry, so that turns show."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1)
    return np.stack([red, green, (red + 255 - green) / 2], axis=-1).astype(np.uint8)


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def file_of(picture: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(source: bytes | str | Path) -> np.ndarray:
    """Read a file, check the mode, and return the pixels."""
    picture = read(source)
    assert picture.mode == "RGB"
    return np.asarray(picture)


def assert_close(actual: np.ndarray, expected: np.ndarray, tolerance: int) -> None:
    assert actual.shape == expected.shape
    assert np.abs(actual.astype(int) - expected.astype(int)).max() <= tolerance


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_without_pixels(width: int, height: int) -> bytes:
    header = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_keep_every_pixel(kind):
    picture = noise(31, 17)
    np.testing.assert_array_equal(pixels(file_of(picture, kind, **LOSSLESS[kind])), picture)


def test_jpegs_keep_their_colours_approximately():
    assert_close(pixels(file_of(gradients(), "JPEG", **LOSSY["JPEG"])), gradients(), 6)


def test_a_gif_of_few_colours_keeps_every_pixel():
    picture = (noise(20, 12) // 128) * 255
    np.testing.assert_array_equal(pixels(file_of(picture, "GIF")), picture)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_is_read(kind):
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    options = {"lossless": True} if kind == "WEBP" else {}
    data = file_of(first, kind, save_all=True, append_images=[second], **options)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert (pixels(data) == (255, 0, 0)).all()


def test_the_first_picture_of_a_multi_picture_jpeg_is_read():
    first, second = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))
    data = file_of(first, "MPO", save_all=True, append_images=[second])
    assert_close(pixels(data), np.asarray(first), 3)


def test_progressive_jpegs_are_read():
    data = file_of(gradients(), "JPEG", progressive=True, **LOSSY["JPEG"])
    assert_close(pixels(data), gradients(), 6)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compressions_are_read(compression):
    picture = noise(20, 12)
    data = file_of(picture, "TIFF", compression=compression)
    np.testing.assert_array_equal(pixels(data), picture)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_turns_the_picture_upright(orientation, kind):
    upright = noise(13, 8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = np.ascontiguousarray(STORED[orientation](upright))
    np.testing.assert_array_equal(
        pixels(file_of(stored, kind, exif=exif, **LOSSLESS[kind])), upright
    )


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_turns_jpegs_upright(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = np.ascontiguousarray(STORED[orientation](gradients()))
    assert_close(pixels(file_of(stored, "JPEG", exif=exif, **LOSSY["JPEG"])), gradients(), 6)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_unknown_orientation_is_ignored(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = noise(13, 8)
    np.testing.assert_array_equal(pixels(file_of(picture, "PNG", exif=exif)), picture)


def test_cmyk_jpegs_keep_their_colours_approximately():
    cmyk = Image.fromarray(gradients()).convert("CMYK")
    assert_close(pixels(file_of(cmyk, "JPEG", **LOSSY["JPEG"])), gradients(), 10)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(kind):
    values = np.linspace(0, 65535, 64).round().astype(np.uint16).reshape(8, 8)
    actual = pixels(file_of(values, kind))
    assert_close(actual, np.repeat((values / 257).round()[..., None], 3, axis=-1), 0)


def test_sixteen_bit_grey_is_the_same_in_either_byte_order():
    values = np.linspace(0, 65535, 64).astype(">u2").reshape(8, 8)
    big = file_of(Image.frombytes("I;16B", (8, 8), values.tobytes()), "TIFF")
    little = file_of(values.astype("<u2"), "TIFF")
    assert big[:2] == b"MM"
    assert little[:2] == b"II"
    np.testing.assert_array_equal(pixels(big), pixels(little))


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-2_000_000, 1_000_000, 64).astype(np.int32),
        np.linspace(-2, 3, 64).astype(np.float32),
        np.linspace(0, 1e-6, 64).astype(np.float32),
        np.linspace(0, 3e38, 64).astype(np.float32),
    ],
    ids=["integers", "floats", "tiny floats", "huge floats"],
)
def test_the_range_of_thirty_two_bit_values_is_stretched(values):
    grey = np.linspace(0, 255, 64).reshape(8, 8, 1)
    actual = pixels(file_of(values.reshape(8, 8), "TIFF"))
    assert_close(actual, np.repeat(grey.round(), 3, axis=-1), 1)


@pytest.mark.parametrize("type_", [np.int32, np.float32])
def test_thirty_two_bit_pictures_of_a_single_value_are_a_single_grey(type_):
    assert len(np.unique(pixels(file_of(np.full((4, 4), 7, type_), "TIFF")))) == 1


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_do_not_change_the_other_pixels(hole):
    values = np.linspace(1000, 1001, 64, dtype=np.float32).reshape(8, 8)
    whole = pixels(file_of(values, "TIFF"))
    values[3, 3] = hole
    with_hole = pixels(file_of(values, "TIFF"))
    intact = np.ones((8, 8), bool)
    intact[3, 3] = False
    np.testing.assert_array_equal(with_hole[intact], whole[intact])


def test_palette_pictures_keep_their_colours():
    picture = Image.fromarray((noise(20, 12) // 128) * 255)
    indexed = picture.quantize(8)
    assert indexed.mode == "P"
    np.testing.assert_array_equal(pixels(file_of(indexed, "PNG")), np.asarray(picture))


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palette_s_transparent_colour_turns_white(kind):
    indexed = Image.new("P", (4, 4), 1)
    indexed.putpalette([255, 0, 0, 0, 0, 255])
    indexed.putpixel((2, 1), 0)
    actual = pixels(file_of(indexed, kind, transparency=1))
    expected = np.full((4, 4, 3), 255)
    expected[1, 2] = (255, 0, 0)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize(
    ("mode", "colour", "other"), [("L", 50, 90), ("RGB", (10, 20, 30), (10, 20, 31))]
)
def test_a_transparent_colour_without_an_alpha_channel_turns_white(mode, colour, other):
    picture = Image.new(mode, (4, 4), colour)
    picture.putpixel((2, 1), other)
    expected = np.full((4, 4, 3), 255)
    expected[1, 2] = other
    actual = pixels(file_of(picture, "PNG", transparency=colour))
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_are_blended_with_white(mode, kind):
    grey, alpha = np.meshgrid(np.arange(0, 256, 15), np.arange(0, 256, 15))
    bands = [grey] * (len(mode) - 1) + [alpha]
    picture = Image.merge(mode, [Image.fromarray(band.astype(np.uint8)) for band in bands])
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    expected = (grey * alpha + 255 * (255 - alpha)) / 255
    actual = pixels(file_of(picture, kind, **options))
    assert_close(actual, np.repeat(expected.round()[..., None], 3, axis=-1), 1)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit_pictures_are_black_and_white(kind):
    bits = noise(13, 9)[..., 0] > 127
    actual = pixels(file_of(Image.fromarray(bits), kind))
    np.testing.assert_array_equal(actual, np.repeat(bits[..., None] * 255, 3, axis=-1))


def test_all_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x010F] = "a secret camera"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "a secret name")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = file_of(noise(8, 8), "PNG", exif=exif, pnginfo=text, icc_profile=profile, dpi=(72, 72))
    original = Image.open(io.BytesIO(data))
    assert {"Author", "icc_profile", "dpi", "exif"} <= original.info.keys()
    picture = read(data)
    assert picture.info == {}
    assert not picture.getexif()
    assert images.png(picture) == images.png(Image.fromarray(noise(8, 8)))


@pytest.mark.parametrize("form", [str, Path])
def test_a_path_reads_like_its_bytes(form, tmp_path):
    data = file_of(noise(9, 7), "PNG")
    path = tmp_path / "a picture.dat"
    path.write_bytes(data)
    np.testing.assert_array_equal(pixels(form(path)), pixels(data))


def test_real_photographs_are_read(shared_photos):
    paths = [path for path in sorted(shared_photos.iterdir()) if path.suffix in (".jpg", ".png")]
    assert paths
    for path in paths:
        with Image.open(path) as picture:
            expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        np.testing.assert_array_equal(pixels(path), expected)


def assert_rejected(source: bytes | str | Path, reason: str) -> None:
    """Check that a file is rejected for this reason, with the list of accepted files."""
    with pytest.raises(BadImage, match=reason) as error:
        read(source)
    message = str(error.value)
    for accepted in ("JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF", "20 MB", "40 megapixels"):
        assert accepted in message


def test_a_missing_file_is_rejected(tmp_path):
    assert_rejected(tmp_path / "gone.png", r"gone\.png can't be read")


def test_a_folder_is_rejected(tmp_path):
    assert_rejected(tmp_path, "can't be read")


def test_twenty_megabytes_are_read_and_a_byte_more_is_rejected():
    picture = file_of(noise(8, 8), "PNG")
    full = picture + bytes(20_000_000 - len(picture))
    np.testing.assert_array_equal(pixels(full), noise(8, 8))
    assert_rejected(full + b"\0", r"20\.0 MB")


def test_a_large_file_is_rejected_without_reading_it(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    tracemalloc.start()
    try:
        assert_rejected(path, r"large\.png has 3000\.0 MB")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def file_with_declared_size(kind: str, width: int, height: int) -> bytes:
    """Return a small file of this format whose header declares another size."""
    data = bytearray(file_of(noise(16, 16), kind, **FORMATS[kind]))
    if kind == "PNG":
        return png_without_pixels(width, height)
    if kind == "JPEG":
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">2H", height, width)
    elif kind == "BMP":
        data[18:26] = struct.pack("<2i", width, height)
    elif kind == "GIF":
        data[6:10] = struct.pack("<2H", width, height)
    elif kind == "WEBP":
        bits = data.index(b"VP8L") + 9
        data[bits : bits + 4] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    elif kind == "TIFF":
        for tag, value in ((256, width), (257, height)):
            entry = data.index(struct.pack("<2HI", tag, 3, 1))
            data[entry + 8 : entry + 10] = struct.pack("<H", value)
    return bytes(data)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (8000, 5001, "8000 × 5001 = 40 megapixels"),
        (16000, 15000, r"= \d+ megapixels|far too many pixels"),
    ],
)
def test_too_many_pixels_are_rejected_before_they_are_decoded(kind, width, height, reason):
    """The files have no such pixels: decoding them would report damage."""
    data = file_with_declared_size(kind, width, height)
    tracemalloc.start()
    try:
        assert_rejected(data, reason)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_webp_may_have_fewer_pixels_than_other_formats():
    """libwebp takes more memory for each pixel."""
    assert_rejected(file_with_declared_size("WEBP", 8000, 3501), "8000 × 3501 = 28 megapixels")
    with pytest.raises(BadImage, match="damaged"):  # it was not rejected for its size
        read(file_with_declared_size("WEBP", 8000, 3500))
    with pytest.raises(BadImage, match="damaged"):
        read(file_with_declared_size("PNG", 8000, 3501))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_rejected_without_decoding_it(monkeypatch):
    rows = zlib.compress(bytes((1 + 20_000 // 8) * 8000), 9)
    bomb = png_without_pixels(20_000, 8000).replace(chunk(b"IDAT", b""), chunk(b"IDAT", rows))
    assert len(bomb) < 50_000
    monkeypatch.setattr(
        PngImagePlugin.PngImageFile, "load_prepare", lambda _: pytest.fail("decoding began")
    )
    assert_rejected(bomb + chunk(b"IEND", b""), "20000 × 8000 = 160 megapixels")


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt"])
def test_a_decompression_bomb_in_the_metadata_is_not_unpacked(name):
    packed = zlib.compress(bytes(100_000_000), 9)
    header, rest = (file_of(noise(8, 8), "PNG")[part] for part in (slice(33), slice(33, None)))
    tracemalloc.start()
    try:
        with pytest.raises(BadImage):
            read(header + chunk(name, b"bomb\0\0" + packed) + rest)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_forty_megapixels_are_within_the_limit():
    assert_rejected(png_without_pixels(8000, 5000), "damaged or cut short")


@pytest.mark.parametrize("size", [(50, 1), (1, 50), (250, 5)])
def test_a_strip_of_fifty_to_one_is_read(size):
    assert read(file_of(noise(*size), "PNG")).size == size


@pytest.mark.parametrize("size", [(51, 1), (1, 51), (5, 251)])
def test_a_longer_strip_is_rejected(size):
    assert_rejected(file_of(noise(*size), "PNG"), f"strip of {size[0]} × {size[1]} pixels")


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("picture.png", file_of(noise(4, 4), "PNG"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\n <?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "HEIC"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41" + bytes(99), "video"),
        (zip_file(), "zip"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"<HTML><body></body></HTML>", "web page"),
        (b"8BPS\0\1" + bytes(99), "Photoshop"),
        (b"", "empty"),
        (b"\n", "not a picture"),
        (b"A picture is worth a thousand words.", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "not a picture"),
        (bytes(1000), "not a picture"),
    ],
)
def test_the_error_names_the_kind_of_a_file_that_is_not_a_picture(data, reason):
    assert_rejected(data, reason)


def test_the_file_name_does_not_matter(tmp_path):
    path = tmp_path / "holiday.png"
    path.write_text("We were at the sea.")
    assert_rejected(path, "not a picture")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("PPM", "another format"),
        ("ICO", "another format"),
        ("TGA", "another format"),
        ("PCX", "another format"),
        ("DDS", "another format"),
        ("SGI", "another format"),
        ("EPS", "another format"),
        ("PDF", "PDF"),
        ("JPEG2000", "JPEG 2000"),
        ("AVIF", "AVIF"),
    ],
)
def test_pictures_of_other_formats_are_rejected(kind, reason):
    data = file_of(noise(16, 16), kind)
    assert_rejected(data, reason)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    ("kind", "options"),
    [*FORMATS.items(), ("JPEG", {"progressive": True}), ("TIFF", {"compression": "raw"})],
)
def test_a_file_cut_short_is_rejected(kind, options, share):
    data = file_of(noise(64, 48), kind, **options)
    assert_rejected(data[: int(len(data) * share)], "cut short|not a picture")


def test_a_png_broken_between_its_pixels_is_rejected():
    start, rest = file_of(noise(64, 48), "PNG").split(b"IDAT")
    size = struct.unpack(">I", start[-4:])[0]
    half = chunk(b"IDAT", rest[: size // 2])
    assert_rejected(start[:-4] + half + b"\0\0\0\4" + bytes(12), "damaged or cut short")


def orientation_and(tag: int, type_: int, count: int, value: int) -> bytes:
    """Return EXIF that turns the picture by 90°, and has one more entry of these values."""
    entries = struct.pack("<2HI2H", ORIENTATION, 3, 1, 6, 0)
    entries += struct.pack("<2H2I", tag, type_, count, value)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)


@pytest.mark.parametrize(
    ("exif", "size"),
    [
        (b"Exif\0\0", (16, 8)),
        (b"Exif\0\0II", (16, 8)),
        (b"Exif\0\0" + bytes(range(200, 256)), (16, 8)),
        (orientation_and(0x010F, 2, 500, 9999), (8, 16)),
        (orientation_and(0x010F, 77, 1, 0), (8, 16)),
        (orientation_and(0x8769, 4, 1, 99999), (8, 16)),
        (orientation_and(0x8769, 4, 1, 8), (8, 16)),
    ],
    ids=[
        "none", "cut short", "garbage", "text beyond the end", "an unknown type",
        "a table beyond the end", "a table within itself",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_is_ignored(exif, size):
    assert read(file_of(noise(16, 8), "JPEG", exif=exif)).size == size


def damage(data: bytes, generator: np.random.Generator) -> bytes:
    """Overwrite, delete or insert random bytes of a file."""
    damaged = bytearray(data)
    for _ in range(generator.integers(1, 6)):
        # Half of the damage hits the first 80 bytes, where the headers are.
        end = len(damaged) if generator.random() < 0.5 else min(len(damaged), 80)
        start, length = int(generator.integers(end)), int(generator.integers(1, 5))
        random_bytes = generator.integers(0, 256, length, np.uint8).tobytes()
        kind = generator.integers(4)
        damaged[start : start + (0 if kind == 3 else length)] = b"" if kind == 2 else random_bytes
    return bytes(damaged)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_files_raise_bad_image_only(kind):
    data = file_of(noise(24, 16), kind, **FORMATS[kind])
    generator = np.random.default_rng(0)
    rejected = 0
    for _ in range(150):
        try:
            picture = read(damage(data, generator))
        except BadImage:
            rejected += 1
        else:
            assert picture.mode == "RGB"
            assert picture.width * picture.height <= images.MAX_PIXELS
    assert rejected


def test_a_single_changed_value_changes_the_id():
    """A hash of some of the pixels would miss such edits."""
    picture = noise(600, 600)
    generator = np.random.default_rng(1)
    ids = {picture_id(Image.fromarray(picture))}
    for _ in range(40):
        edited = picture.copy()
        edited[tuple(generator.integers(edited.shape))] ^= 1
        ids.add(picture_id(Image.fromarray(edited)))
    assert len(ids) == 41


def test_the_id_depends_on_the_size():
    wide, tall = (Image.fromarray(noise(8, 2).reshape(shape)) for shape in ((2, 8, 3), (8, 2, 3)))
    assert wide.tobytes() == tall.tobytes()
    assert picture_id(wide) != picture_id(tall)


def test_the_id_does_not_depend_on_the_file_format():
    picture = noise(12, 9)
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    files = [file_of(picture, kind, **options) for kind, options in LOSSLESS.items()]
    files.append(file_of(picture, "PNG", exif=exif, dpi=(300, 300)))
    assert len({picture_id(read(data)) for data in files}) == 1


def test_the_id_is_stable():
    grey = Image.new("RGB", (2, 1), (128, 128, 128))
    assert picture_id(grey) == ("87f02dec0c5aff728f07b7f9b7d9d02d72c945a8c9a93a4a0eef4c442f3897d5")


def test_png_keeps_every_pixel():
    picture = Image.fromarray(noise(12, 9))
    np.testing.assert_array_equal(pixels(images.png(picture)), np.asarray(picture))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16", "F"])
def test_large_pictures_take_the_memory_of_a_few_copies_at_most(mode):
    """20 black megapixels are a small file; decoding them must not fill the memory."""
    picture = Image.new(mode, (5000, 4000))
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF" if mode == "F" else "PNG", compression="tiff_adobe_deflate")
    del picture
    script = (
        "import resource, sys; from core import images; data = sys.stdin.buffer.read();"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "images.picture_id(images.read(data));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    completed = subprocess.run([sys.executable, "-c", script], input=buffer.getvalue(),
                               capture_output=True, check=True, cwd=PROJECT)  # fmt: skip
    assert int(completed.stdout) / 1000 < 20 * 15  # MB: at most 15 bytes per pixel
