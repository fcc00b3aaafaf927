"""Name the kind of a file that is not a picture which Zooscope reads."""

from collections.abc import Mapping
from types import MappingProxyType

# Kinds of other files that people upload, by their first bytes. HEIC, AVIF and videos are not
# listed: their first four bytes vary, and "ftyp" follows.
OTHER_FILES: Mapping[bytes, str] = MappingProxyType(
    {
        b"<svg": "an SVG drawing",
        b"<?xml": "an XML or SVG file",
        b"%PDF": "a PDF document",
        b"PK\x03\x04": "a zip archive",
        b"<!DOC": "a web page",
        b"<html": "a web page",
        b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
        b"8BPS": "a Photoshop document",
    }
)


def describe(data: bytes) -> str:
    """Name the kind of a file that Pillow can't open, with its article."""
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a video"
    start = data.lstrip()[:16].lower()
    for first_bytes, kind in OTHER_FILES.items():
        if start.startswith(first_bytes.lower()):
            return kind
    return "not a picture, or a picture in another format"
