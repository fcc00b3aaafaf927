"""Decode untrusted files into RGB pictures, and locate the part that a network sees."""

import hashlib
import math
import struct
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from PIL import ExifTags, Image

from core import file_kinds, picture_scan
from core.errors import ZooscopeError

# Left, top, right and bottom, in pixels.
Box = tuple[float, float, float, float]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
# Decoding a WebP takes 17 bytes for each pixel, other formats take at most 13: the limits keep both
# near 500 MB (benchmarks/RESULTS.md).
MAX_WEBP_PIXELS = 28_000_000
# A network's resize (short side to 224) would make a longer strip a huge picture.
MAX_ASPECT = 50

# Longer side of a preview in pixels: twice the width of the sidebar that shows it.
PREVIEW_SIDE = 660
# Rows of a picture that are converted at a time; converting all would take too much memory.
BAND_ROWS = 256
# Pictures with more pixels are decoded one after the other, so that many simultaneous uploads take
# the memory of a single picture.
LARGE_PIXELS = 4_000_000
_large_picture_lock = threading.Lock()

ACCEPTED = "JPEG, PNG, WebP, BMP, GIF and TIFF pictures up to 20 MB and 40 megapixels (WebP: 28)"

# The operation that turns a picture upright, by its EXIF orientation (Exif 2.32, tag 0x0112).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@runtime_checkable
class CropsPictures(Protocol):
    """Any preprocessing that resizes and crops pictures, such as `core.zoo.Preprocessing`."""

    def crop_box(self, size: tuple[int, int]) -> Box:
        """Return the box that the network sees of a picture of this width and height."""
        ...


@runtime_checkable
class HasPreprocessing(Protocol):
    """A model or a model's card: anything with a `preprocessing`."""

    @property
    def preprocessing(self) -> CropsPictures:
        """Resizes and crops the network's input pictures."""
        ...


class BadImage(ZooscopeError):
    """Zooscope can't read this file as a picture; the message lists the accepted formats.

    Attributes:
        reason: What is wrong with the file, without the accepted formats.
    """

    def __init__(self, reason: str):
        super().__init__(f"{reason} Zooscope reads {ACCEPTED}.")
        self.reason = reason


class CostlyImage(BadImage):
    """Decoding a picture took too much time or memory, or ended its process."""


def read(source: bytes | str | Path) -> Image.Image:
    """Decode a picture from untrusted bytes or from a file, in this process.

    Reads the first frame, applies the EXIF orientation, blends transparent pixels with white and
    drops all metadata. What visitors upload is decoded by `core.decoding` instead, which also
    limits the time and memory that it takes.

    Args:
        source: The bytes of a picture file, or the path of one.

    Returns:
        An upright picture in mode "RGB" without metadata.

    Raises:
        BadImage: The file is not a picture, has another format, is damaged, is too large, or has
            far more parts than pictures have.
    """
    picture = open_checked(source if isinstance(source, bytes) else _read_file(Path(source)))
    with decoding_turn(picture.size):
        return decode(picture)


def open_checked(data: bytes) -> Image.Image:
    """Check the bytes of a picture file, and read its header without decoding any pixel.

    Raises:
        BadImage: The file is not a picture, has another format, is too large, or has far more
            parts than pictures have.
    """
    check_bytes(data)
    try:
        picture_scan.scan(data)
    except picture_scan.TooManyParts as error:
        raise BadImage(str(error)) from error
    picture = _open(data)
    _check_size(*picture.size, MAX_WEBP_PIXELS if picture.format == "WEBP" else MAX_PIXELS)
    return picture


def check_bytes(data: bytes) -> None:
    """Raise BadImage if a file is empty or too large."""
    if not data:
        raise BadImage("The file is empty.")
    if len(data) > MAX_BYTES:
        raise BadImage(f"The file has {len(data) / 1e6:.1f} MB.")


def decode(picture: Image.Image) -> Image.Image:
    """Decode a picture whose header was read by `open_checked`.

    Returns:
        An upright picture in mode "RGB" without metadata.

    Raises:
        BadImage: The picture is damaged.
        CostlyImage: The picture takes more memory than there is.
    """
    try:
        return _turn_upright(_to_rgb(picture), picture.getexif().get(ExifTags.Base.Orientation))
    except MemoryError as error:
        raise CostlyImage("The picture takes too much memory to decode.") from error
    except Exception as error:
        # Pillow's decoders raise a dozen undocumented types of errors on damaged data.
        raise BadImage(
            f"The {picture.format} picture is damaged or cut short ({error})."
        ) from error


def decoding_turn(size: tuple[int, int]) -> AbstractContextManager[object]:
    """Return a context in which a picture of this size is decoded: a large one waits its turn."""
    return _large_picture_lock if math.prod(size) > LARGE_PIXELS else nullcontext()


def picture_id(img: Image.Image) -> str:
    """Return the picture's id in recipes: the SHA-256 of its size and RGB values, in hex."""
    digest = hashlib.sha256(struct.pack("<2Q", *img.size))
    for band in bands(img.height):
        digest.update(img.crop((0, band.start, img.width, band.stop)).tobytes())
    return digest.hexdigest()


def preview(img: Image.Image, side: int = PREVIEW_SIDE) -> Image.Image:
    """Return a copy whose sides are at most `side` pixels long, or the picture if it is small."""
    if max(img.size) <= side:
        return img
    # `thumbnail` works in place, so it gets a copy. For a large picture, a copy of half the size
    # suffices and takes less memory.
    small = img.copy() if img.width * img.height < 4 * side * side else img.reduce(2)
    small.thumbnail((side, side))
    return small


def png(img: Image.Image) -> bytes:
    """Encode a picture as a PNG file."""
    buffer = BytesIO()
    img.save(buffer, "PNG")
    return buffer.getvalue()


def crop_box(m: HasPreprocessing, img: Image.Image) -> Box:
    """Return the part of a picture that the network sees.

    Args:
        m: The network, or its card.
        img: The picture.

    Returns:
        Left, top, right and bottom in pixels of the picture. The box extends beyond the picture's
        edges if the preprocessing pads.
    """
    return m.preprocessing.crop_box(img.size)


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadImage(f"{path.name} has {path.stat().st_size / 1e6:.1f} MB.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadImage(f"{path.name} can't be read ({reason}).") from error


def _open(data: bytes) -> Image.Image:
    """Read the picture's header without decoding any pixel."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise BadImage("The picture has far too many pixels.") from error
    except Exception as error:
        raise BadImage(f"This is {file_kinds.describe(data)}.") from error


def _check_size(width: int, height: int, most_pixels: int) -> None:
    """Raise BadImage if a picture has too many pixels or is too long and narrow."""
    if width * height > most_pixels:
        megapixels = width * height / 1e6
        raise BadImage(f"The picture has {width} × {height} = {megapixels:.0f} megapixels.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadImage(
            f"The picture is a strip of {width} × {height} pixels;"
            f" its long side may be at most {MAX_ASPECT} times its short side."
        )


def _turn_upright(img: Image.Image, orientation: object) -> Image.Image:
    """Rotate or flip a picture as its EXIF orientation demands; ignore unknown orientations."""
    operation = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return img if operation is None else img.transpose(operation)


def _to_rgb(img: Image.Image) -> Image.Image:
    """Decode a picture of any mode into RGB, with transparent pixels blended with white."""
    img.load()
    if img.mode.startswith("I;16"):
        img = _sixteen_to_eight_bit(img)
    elif img.mode in ("I", "F"):
        # No standard says which 32-bit value is white, so the picture's own range is stretched.
        img = _to_eight_bit(img, *_finite_range(img))
    if img.has_transparency_data:
        rgba = img if img.mode == "RGBA" else img.convert("RGBA")  # convert would copy it
        img = Image.new("RGB", img.size, "white")
        img.paste(rgba, mask=rgba)  # its alpha channel is the mask
    # `convert` would copy the pixels of a picture in RGB; `_new` makes a picture without its file.
    rgb = img._new(img.im) if img.mode == "RGB" else img.convert("RGB")
    rgb.info = {}
    return rgb


def _sixteen_to_eight_bit(img: Image.Image) -> Image.Image:
    """Convert 16 bits to 8 in whole numbers, which is faster than `_to_eight_bit`."""
    scaled = np.empty((img.height, img.width), np.uint8)
    for band, values in _band_values(img):
        scaled[band] = (values.astype(np.uint32) + 128) // 257
    return Image.fromarray(scaled)


def _finite_range(img: Image.Image) -> tuple[float, float]:
    """Return the least and the greatest finite value of a picture; 0 and 0 if it has none."""
    finite = (values[np.isfinite(values)] for _, values in _band_values(img))
    ranges = [(float(values.min()), float(values.max())) for values in finite if values.size]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else (0, 0)


def _to_eight_bit(img: Image.Image, black: float, white: float) -> Image.Image:
    """Convert values to 8 bits: `black` becomes 0 and `white` becomes 255."""
    scaled = np.empty((img.height, img.width), np.uint8)
    for band, values in _band_values(img):
        clipped = np.nan_to_num(values.astype(np.float64), nan=black).clip(black, white)
        scaled[band] = np.rint((clipped - black) * (255 / max(white - black, 1e-12)))
    return Image.fromarray(scaled)


def _band_values(img: Image.Image) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the values of a grey picture in bands of rows.

    All values at once would take the memory of a copy, and as 64-bit floats 320 MB.
    """
    for band in bands(img.height):
        yield band, np.asarray(img.crop((0, band.start, img.width, band.stop)))


def bands(height: int) -> Iterator[slice]:
    """Split the rows of a picture into bands of at most `BAND_ROWS` rows."""
    return (slice(top, min(top + BAND_ROWS, height)) for top in range(0, height, BAND_ROWS))
