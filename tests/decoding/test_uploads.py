"""What visitors upload is decoded in child processes, everywhere in a server."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from PIL import Image

from core import images
from core.decoding import Decoder
from core.settings import Settings
from core.steps import drain
from core.workbench import Workbench

PICTURE = images.png(Image.new("RGB", (9, 9), "red"))


@pytest.fixture
def bench(settings: Settings, decoded: list[bytes]) -> Iterator[Workbench]:
    made = Workbench(settings)
    yield made
    made.close()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Record what decoders read, and let nothing else be read."""
    files: list[bytes] = []
    read = Decoder.read

    def recording_read(self: Decoder, data: bytes) -> Image.Image:
        files.append(data)
        return read(self, data)

    monkeypatch.setattr(Decoder, "read", recording_read)
    monkeypatch.setattr(images, "decode", lambda _: pytest.fail("decoded in this process"))
    return files


def test_uploaded_pictures_are(bench: Workbench, decoded: list[bytes]):
    reference = bench.pictures.upload(PICTURE, "me")
    assert bench.pictures.find(reference).image.size == (9, 9)
    assert decoded == [PICTURE]


def test_pictures_of_archives_are_when_they_are_checked_and_when_they_are_read(
    bench: Workbench, decoded: list[bytes]
):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", PICTURE)
    reference = drain(bench.sets.add_archive_steps(file, "mine.zip", "me"))
    assert decoded == [PICTURE]
    assert bench.sets.find(reference).image(0).size == (9, 9)
    assert decoded == [PICTURE, PICTURE]
