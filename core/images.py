"""Untrusted bytes → RGB picture, and where a model looks on it."""

import hashlib
import math
import struct
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from core.errors import ZooscopeError

if TYPE_CHECKING:
    import core.zoo

Box = tuple[float, float, float, float]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
# Beyond this a model's resize (short side to 224) would blow the long side up to a bomb of its own.
MAX_ASPECT = 50

# Longer side of a picture shown as a reminder, twice the sidebar's width.
PREVIEW = 660
# Rows worked on at once where a whole picture would take too much memory.
BAND = 256
# Larger pictures are decoded one at a time, so that many uploads at once cost the memory of one.
LARGE = 4_000_000
_decoding = threading.Lock()

ACCEPTED = "JPEG, PNG, WebP, BMP, GIF and TIFF pictures up to 20 MB and 40 megapixels"

# What makes a picture upright, by EXIF's orientation (Exif 2.32, tag 0x0112).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What people give instead of a picture, by how the file begins (after "ftyp" for HEIC and AVIF).
LOOKALIKES = {
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML or SVG file",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    b"<!DOC": "a web page",
    b"<html": "a web page",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"8BPS": "a Photoshop document",
}


class BadImage(ZooscopeError):
    """These bytes are no picture Zooscope accepts; the message says why and what it accepts.

    Attributes:
        reason: Why, without what it accepts.
    """

    def __init__(self, reason: str):
        super().__init__(f"{reason} Zooscope reads {ACCEPTED}.")
        self.reason = reason


def read(source: bytes | str | Path) -> Image.Image:
    """Decode a picture from bytes nobody vouches for, or from a file.

    The first frame is taken, EXIF orientation applied, transparency laid over white, and everything
    but the pixels dropped.

    Returns:
        An upright picture in mode "RGB" without metadata.

    Raises:
        BadImage: Not a picture, of another format, damaged, or too large.
    """
    data = source if isinstance(source, bytes) else _bytes_of(Path(source))
    if not data:
        raise BadImage("The file is empty.")
    if len(data) > MAX_BYTES:
        raise BadImage(f"The file has {len(data) / 1e6:.1f} MB.")
    picture = _opened(data)
    _judge_size(*picture.size)
    try:
        with _decoding if math.prod(picture.size) > LARGE else nullcontext():
            return _upright(_rgb(picture), picture.getexif().get(ExifTags.Base.Orientation))
    except Exception as error:
        # Pillow's decoders raise a dozen types on damaged data; none of them is ours to list.
        raise BadImage(
            f"The {picture.format} picture is damaged or cut short ({error})."
        ) from error


def picture_id(img: Image.Image) -> str:
    """The picture's name for recipes: SHA-256 of its size and RGB values, in hex."""
    digest = hashlib.sha256(struct.pack("<2Q", *img.size))
    for band in _bands(img.height):
        digest.update(img.crop((0, band.start, img.width, band.stop)).tobytes())
    return digest.hexdigest()


def preview(img: Image.Image, side: int = PREVIEW) -> Image.Image:
    """The picture, no side longer than this; itself where it is as small already."""
    if max(img.size) <= side:
        return img
    small = img.copy() if img.width * img.height < 4 * side * side else img.reduce(2)
    small.thumbnail((side, side))
    return small


def png(img: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = BytesIO()
    img.save(buffer, "PNG")
    return buffer.getvalue()


def crop_box(m: "core.zoo.Model | core.zoo.Card", img: Image.Image) -> Box:
    """Where the model's input grid lies on the picture.

    Returns:
        Left, top, right, bottom in the picture's pixels. Beyond the picture's edges where the model
        pads.
    """
    return m.preprocessing.crop_box(img.size)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadImage(f"{path.name} has {path.stat().st_size / 1e6:.1f} MB.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadImage(f"{path.name} can't be read ({reason}).") from error


def _opened(data: bytes) -> Image.Image:
    """The picture with its header read and nothing decoded."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise BadImage("The picture has far too many pixels.") from error
    except Exception as error:
        raise BadImage(f"This is {_lookalike(data)}.") from error


def _lookalike(data: bytes) -> str:
    start = data.lstrip()[:16]
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a film"
    for beginning, what in LOOKALIKES.items():
        if start.lower().startswith(beginning.lower()):
            return what
    return "no picture, or one of another format"


def _judge_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        megapixels = width * height / 1e6
        raise BadImage(f"The picture has {width} × {height} = {megapixels:.0f} megapixels.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadImage(
            f"The picture is a strip of {width} × {height} pixels;"
            f" the long side may be {MAX_ASPECT} times the short one at most."
        )


def _upright(img: Image.Image, orientation: object) -> Image.Image:
    turn = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return img if turn is None else img.transpose(turn)


def _rgb(img: Image.Image) -> Image.Image:
    img.load()
    if img.mode.startswith("I;16"):
        img = _eight_bit(img, 0.0, 65535.0)
    elif img.mode in ("I", "F"):
        # 32-bit values have no agreed white, so their own range is stretched.
        values = np.asarray(img)
        numbers = values[np.isfinite(values)]
        low, high = (numbers.min(), numbers.max()) if numbers.size else (0, 0)
        img = _eight_bit(img, float(low), float(high))
    if img.has_transparency_data:
        rgba = img.convert("RGBA")
        img = Image.new("RGB", img.size, "white")
        img.paste(rgba, mask=rgba.getchannel("A"))
    rgb = img.convert("RGB")
    rgb.info = {}
    return rgb


def _eight_bit(img: Image.Image, black: float, white: float) -> Image.Image:
    """Stretch a range to 0 to 255, a band at a time: whole pictures of floats would take 1 GB."""
    values = np.asarray(img)
    scaled = np.empty(values.shape, np.uint8)
    for band in _bands(len(values)):
        numbers = np.nan_to_num(values[band].astype(np.float64), nan=black).clip(black, white)
        scaled[band] = np.rint((numbers - black) * (255 / max(white - black, 1e-12)))
    return Image.fromarray(scaled)


def _bands(height: int) -> Iterator[slice]:
    return (slice(top, min(top + BAND, height)) for top in range(0, height, BAND))
