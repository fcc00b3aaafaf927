"""Pictures are decoded in child processes; those that can't be end their child and nothing else."""

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core import images
from core.decoding import Decoder, child
from core.images import BadImage, CostlyImage
from tests.conftest import PROJECT
from tests.decoding.odd_child import ABORTS, COMPUTES, ENDS, FILLS, HANGS, WAITS

# Seconds after which a condition that should become true is a failure.
LONGEST_WAIT = 60


def png(width: int = 30, seed: int = 0, height: int = 20) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return images.png(Image.fromarray(pixels))


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def children() -> set[int]:
    """Return the ids of the living child processes."""
    found = psutil.Process().children()
    return {process.pid for process in found if process.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder()
    yield made
    made.close()


@pytest.fixture
def odd_decoder(tmp_path: Path) -> Iterator[Decoder]:
    command = (sys.executable, "-m", "tests.decoding.odd_child", str(tmp_path))
    made = Decoder(command=command)
    yield made
    made.close()


def test_pictures_equal_those_that_are_read_in_this_process(decoder):
    for seed, size in enumerate([(1, 1), (30, 20), (3, 70), (900, 700)]):
        data = png(size[0], seed, size[1])
        decoded, expected = decoder.read(data), images.read(data)
        assert (decoded.mode, decoded.size, decoded.info) == ("RGB", expected.size, {})
        assert decoded.tobytes() == expected.tobytes()


def test_a_picture_that_is_turned_upright_keeps_its_pixels(decoder):
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    images.read(png()).save(buffer, "PNG", exif=exif)
    decoded = decoder.read(buffer.getvalue())
    assert decoded.size == (20, 30)
    assert decoded.tobytes() == images.read(buffer.getvalue()).tobytes()


@pytest.mark.parametrize(
    "data", [b"", b"no picture", png()[:500], png(2000, height=10), bytes(20_000_001)]
)
def test_bad_files_get_the_same_reason_and_keep_their_child(decoder, data):
    with pytest.raises(BadImage) as expected:
        images.read(data)
    decoder.read(png())
    before = children()
    with pytest.raises(BadImage) as error:
        decoder.read(data)
    assert str(error.value) == str(expected.value)
    assert decoder.read(png()).size == (30, 20)
    assert children() == before


def test_one_child_decodes_one_picture_after_the_other(decoder):
    before = children()
    decoder.start()
    (started,) = children() - before
    for seed in range(5):
        decoder.read(png(seed=seed))
    assert children() - before == {started}
    decoder.close()
    assert children() == before


def test_many_threads_get_their_own_pictures(decoder):
    files = [png(20 + seed, seed) for seed in range(40)]
    before = children()
    with ThreadPoolExecutor(8) as threads:
        decoded = list(threads.map(decoder.read, files))
    assert [img.tobytes() for img in decoded] == [images.read(data).tobytes() for data in files]
    assert len(children() - before) <= 2


@pytest.mark.parametrize(
    ("kind", "mode", "size", "options"),
    [
        ("JPEG", "CMYK", (8000, 5000), {"progressive": True}),
        ("PNG", "RGBA", (8000, 5000), {"compress_level": 1}),
        ("PNG", "I;16", (8000, 5000), {"compress_level": 1}),
        ("TIFF", "F", (8000, 5000), {"compression": "tiff_adobe_deflate"}),
        ("WEBP", "RGBA", (7000, 4000), {"method": 0}),
        ("GIF", "L", (8000, 5000), {}),
    ],
)
def test_the_largest_pictures_fit_into_the_memory_of_a_child(kind, mode, size, options):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    without_time_limit = (
        "from core.decoding import child; child.HEADER_SECONDS = 0; child.MAX_SECONDS = 0, 0;"
        "child.main()"
    )
    decoder = Decoder(command=(sys.executable, "-c", without_time_limit), wall_seconds=250)
    assert decoder.read(buffer.getvalue()).size == size
    decoder.close()


@pytest.mark.parametrize(
    ("width", "reason"),
    [
        (COMPUTES, "takes too long"),
        (ENDS, "its decoder crashed"),
        (ABORTS, "its decoder crashed"),
        (FILLS, "no more memory"),
    ],
)
def test_a_child_that_gets_stuck_or_dies_is_replaced(odd_decoder, width, reason):
    with pytest.raises(CostlyImage, match=reason):
        odd_decoder.read(png(width))
    assert odd_decoder.read(png()).tobytes() == images.read(png()).tobytes()


def test_a_child_that_hangs_without_computing_is_killed(tmp_path):
    before = children()
    command = (sys.executable, "-m", "tests.decoding.odd_child", str(tmp_path))
    decoder = Decoder(command=command, wall_seconds=1.0)
    with pytest.raises(CostlyImage, match="takes too long"):
        decoder.read(png(HANGS))
    assert children() == before


def test_a_picture_that_takes_long_leaves_a_child_for_others(odd_decoder, tmp_path):
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(odd_decoder.read, png(WAITS))
        wait_until((tmp_path / "began").exists)
        assert odd_decoder.read(png()).size == (30, 20)
        assert not slow.done()
        (tmp_path / "go on").touch()
        assert slow.result(LONGEST_WAIT).size == (WAITS, 20)


def test_large_pictures_wait_for_their_turn(decoder, monkeypatch):
    sizes = []

    @contextmanager
    def turn(size: tuple[int, int]) -> Iterator[None]:
        sizes.append(size)
        yield
        sizes.append("decoded")

    monkeypatch.setattr(images, "decoding_turn", turn)
    assert decoder.read(png()).size == (30, 20)
    assert sizes == [(30, 20), "decoded"]


def test_a_child_that_died_while_idle_is_replaced(decoder):
    before = children()
    decoder.read(png())
    (idle,) = children() - before
    psutil.Process(idle).kill()
    wait_until(lambda: children() == before)
    assert decoder.read(png()).size == (30, 20)


def test_the_child_ends_when_its_server_is_killed():
    command = [sys.executable, "-m", "tests.decoding.parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        assert psutil.pid_exists(pid)
        server.kill()
    wait_until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    )


def test_the_child_imports_neither_torch_nor_streamlit():
    script = "import sys, core.decoding.child; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    modules = subprocess.run(command, capture_output=True, check=True, text=True, cwd=PROJECT)
    assert not {"torch", "timm", "streamlit", "scipy", "pandas"} & set(modules.stdout.split())


def test_large_pictures_may_take_longer():
    seconds = [child.decode_seconds(*size) for size in ((10, 10), (4000, 3000), (8000, 5000))]
    assert seconds == sorted(seconds)
    assert seconds[-1] == child.MAX_SECONDS[1]
