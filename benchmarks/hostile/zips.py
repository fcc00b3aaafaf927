"""Hostile zips of pictures, checked as uploads are."""

import io
import time
import zipfile
from functools import partial

from benchmarks.hostile import jpegs, other_formats, pngs
from benchmarks.hostile.measure import Case
from core import sets
from core.decoding import Decoder


def zipped(picture: bytes, count: int, suffix: str) -> bytes:
    """Return a zip with copies of a picture."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}.{suffix}", picture)
    return buffer.getvalue()


def cases(decoder: Decoder) -> list[Case]:
    """Return all hostile zips."""
    large = b"".join(pngs.black(8000, 5000))
    slow = other_formats.bmp_runs((600, 600), b"\1\0" * 340_000)
    return [
        Case(name, make, partial(_check, decoder))
        for name, make in (
            ("zip, 2 JPEGs with 19,000 empty scans",
             lambda: zipped(jpegs.with_scans(19_000), 2, "jpg")),
            ("zip, 100 JPEGs with 50 empty scans",
             lambda: zipped(jpegs.with_scans(50, 8000, 5000), 100, "jpg")),
            ("zip, 2,000 black PNGs of 40 megapixels", lambda: zipped(large, 2000, "png")),
            ("zip, 2,500 BMPs that are slow to decode", lambda: zipped(slow, 2500, "bmp")),
        )
    ]  # fmt: skip


def _check(decoder: Decoder, data: bytes) -> str:
    """Check a zip, and return the longest step and the answer."""
    steps = sets.open_archive_steps(io.BytesIO(data), "hostile.zip", decoder.read)
    longest, answer = 0.0, ""
    while not answer:
        start = time.perf_counter()
        try:
            next(steps)
        except StopIteration as stop:
            answer = f"a set of {len(stop.value)}, {len(stop.value.skipped)} skipped"
        except sets.BadArchive as error:
            answer = f"refused: {error}"
        longest = max(longest, time.perf_counter() - start)
    return f"longest step {longest:.2f} s; {answer}"
