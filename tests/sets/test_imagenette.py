"""Imagenette from a server on the loopback address: a good one, bad ones and none at all."""

import hashlib
import io
import os
import shutil
import tarfile
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import Imagenette

from core import zoo
from core.pictures import Pictures
from core.sets import SetUnavailable, Shelf, imagenette
from core.sets.imagenette import fetch_steps, size_steps
from core.steps import Progress, Steps, drain
from tests.zoo.loopback_hub import File, LoopbackHub, black_hole, closed_port

REPOSITORY, NAME = "fast-ai", "imagenette2-160.tgz"
LIMIT = 10**8
CHANGED = 1_500_000_000
CLASSES = {wordnet: names[0] for wordnet, names in Imagenette._WNID_TO_CLASS.items()}


def jpeg(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def tgz(*others: tuple[str, bytes], classes: int = 10, kind: bytes = tarfile.REGTYPE) -> bytes:
    """An archive as fastai's: two validation pictures a class, one for training, and others."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        members = list(others)
        for index, wordnet in enumerate(list(CLASSES)[:classes]):
            for number in range(2):
                name = f"val/{wordnet}/ILSVRC2012_val_{index:04}{number:04}.JPEG"
                members.append((f"imagenette2-160/{name}", jpeg(2 * index + number)))
            members.append((f"imagenette2-160/train/{wordnet}/{wordnet}_1.JPEG", jpeg(99)))
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), CHANGED
            if (name, data) in others:
                info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


GOOD = tgz()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub() as server:
        point(monkeypatch, server.url)
        yield server


def point(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes = GOOD) -> None:
    """Have torchvision's address and checksum be these."""
    address = f"{url}/{REPOSITORY}/resolve/main/{NAME}"
    checksum = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(Imagenette, "_ARCHIVES", {"160px": (address, checksum)})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sets"


def fetch(root: Path, limit: int = LIMIT) -> Steps[Path]:
    return fetch_steps("160px", root, limit)


def assert_nothing_kept(root: Path) -> None:
    assert not root.exists() or list(root.iterdir()) == []
    assert imagenette.here(root) == []


# A good server


def test_torchvision_says_where_it_is_and_what_it_should_be():
    for variant in imagenette.VARIANTS:
        address, checksum = imagenette._source(variant)
        assert address.startswith("https://")
        assert len(checksum) == 32


def test_its_ten_classes_are_labels_of_real_networks(shared_models, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    labels = zoo.describe("local/mobilenetv2_100.coral").labels
    assert len(labels) == 1000
    assert len(CLASSES) == 10
    assert set(imagenette._classes().values()) <= set(labels)
    assert [labels.index(CLASSES[name]) for name in ("n01440764", "n02102040")] == [0, 217]


def test_the_validation_part_becomes_a_labelled_folder(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    shelf = Shelf(Pictures(), [], root, LIMIT)
    assert shelf.imagenette("160px") is None
    assert drain(shelf.imagenette_steps("160px")) == "imagenette-160px"
    found = shelf.imagenette("160px")
    assert len(found) == 20
    assert found.classes == tuple(sorted(CLASSES.values()))
    springer = [index for index in range(20) if found.label(index) == "English springer"]
    wanted = Image.open(io.BytesIO(jpeg(2))).convert("RGB").tobytes()
    assert found.image(springer[0]).tobytes() == wanted
    assert shelf.find(found.reference) is found


def test_it_is_the_same_set_on_every_server(server, root, tmp_path):
    server.serve(REPOSITORY, GOOD, NAME)
    shelves = [Shelf(Pictures(), [], tmp_path / name, LIMIT) for name in "ab"]
    for shelf in shelves:
        drain(shelf.imagenette_steps("160px"))
    one, other = (shelf.imagenette("160px") for shelf in shelves)
    assert (one.reference, one.keys) == (other.reference, other.keys)


def test_what_is_here_is_found_by_another_start_and_not_fetched_again(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    place = drain(fetch(root))
    asked = len(server.requests)
    assert drain(fetch(root)) == place
    assert len(server.requests) == asked
    assert Shelf(Pictures(), [], root, LIMIT).folders.names == ["imagenette-160px"]


def test_the_size_is_known_before_a_byte_comes(server):
    server.serve(REPOSITORY, GOOD, NAME)
    assert drain(size_steps("160px", LIMIT)) == len(GOOD)
    assert (server.asked_for, server.sent) == (["HEAD"], 0)


def test_nothing_else_of_the_archive_is_unpacked(server, root, monkeypatch):
    wordnet = next(iter(CLASSES))
    content = tgz(
        (f"imagenette2-160/val/{wordnet}/../../../../leak.JPEG", b"x"),
        ("/imagenette2-160/val/n01440764/leak.JPEG", b"x"),
        ("imagenette2-160/val/n99999999/leak.JPEG", b"x"),
        ("imagenette2-160/val/n01440764/leak.sh", b"x"),
        ("imagenette2-160/noisy_imagenette.csv", b"x"),
    )
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, content, NAME)
    place = drain(fetch(root))
    assert len([path for path in place.rglob("*") if path.is_file()]) == 20
    assert list(root.parent.rglob("leak*")) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_in_the_archive_are_not_followed(server, root, monkeypatch, kind):
    content = tgz(("imagenette2-160/val/n01440764/link.JPEG", b""), kind=kind)
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, content, NAME)
    place = drain(fetch(root))
    assert list(place.rglob("link*")) == []


def test_two_who_fetch_at_once_both_get_it(server, root):
    server.serve(REPOSITORY, File(GOOD, pause=0.01), NAME)
    places: list[Path] = []
    threads = [threading.Thread(target=lambda: places.append(drain(fetch(root)))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert places == [root / "imagenette-160px"] * 2
    assert [path.name for path in root.iterdir()] == ["imagenette-160px"]


def test_who_comes_second_takes_what_is_there(server, root, monkeypatch):
    server.serve(REPOSITORY, File(GOOD), NAME)
    moved = []

    def late(source: Path, target: Path) -> None:
        if not moved:  # in this moment another one is done
            shutil.copytree(source, target)
        moved.append(target)
        os.rename(source, target)

    monkeypatch.setattr("core.sets.imagenette.os.replace", late)
    assert drain(fetch(root)) == root / "imagenette-160px"
    assert [path.name for path in root.iterdir()] == ["imagenette-160px"]
    assert moved == [root / "imagenette-160px"]


def test_progress_begins_at_nothing_and_never_goes_down(server, root, monkeypatch):
    content = tgz(("imagenette2-160/noise", np.random.default_rng(0).bytes(600_000)))
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, File(content, pause=0.06), NAME)
    progress = [p for p in fetch(root) if p.total > 1]
    steps = [p.step for p in progress]
    assert progress[0] == Progress(0, len(content))
    assert steps == sorted(steps)
    assert any(0 < step < len(content) for step in steps)
    assert steps[-1] == len(content)
    assert progress[-1].note == "unpacking"


# Bad servers, and none


@pytest.mark.parametrize(
    ("served", "words"),
    [
        pytest.param(File(GOOD, breaks=[500]), "500 bytes came", id="dropped"),
        pytest.param(File(GOOD, breaks=[500], resets=True), "can't be fetched", id="reset"),
        pytest.param(File(GOOD[:-9], head_size=len(GOOD)), "bytes came of", id="truncated"),
        pytest.param(File(GOOD + b"x", head_size=len(GOOD)), "bytes came of", id="longer"),
        pytest.param(File(GOOD[::-1]), "came damaged", id="damaged"),
        pytest.param(File(b""), "came damaged", id="empty"),
    ],
)
def test_what_comes_broken_is_not_kept_and_comes_whole_the_next_time(server, root, served, words):
    server.serve(REPOSITORY, served, NAME)
    with pytest.raises(SetUnavailable, match=words):
        drain(fetch(root))
    assert_nothing_kept(root)
    server.serve(REPOSITORY, GOOD, NAME)
    assert drain(fetch(root)).is_dir()


def test_a_body_that_does_not_end_is_cut_off(server, root):
    endless = File(GOOD + bytes(10_000_000), head_size=len(GOOD), pause=0.02)
    server.serve(REPOSITORY, endless, NAME)
    with pytest.raises(SetUnavailable, match="bytes came of"):
        drain(fetch(root))
    assert server.hung_up.wait(5)
    assert server.sent < 5_000_000


@pytest.mark.parametrize("content", [b"no archive", tgz(classes=9), GOOD[: len(GOOD) // 2]])
def test_an_archive_that_is_another_than_it_was_is_not_kept(server, root, monkeypatch, content):
    """The checksum is right: torchvision knows this file, and its contents have changed."""
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, content, NAME)
    with pytest.raises(SetUnavailable, match="its archive"):
        drain(fetch(root))
    assert_nothing_kept(root)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses_is_told_with_the_way_out(server, root, status):
    server.refusal = (status, {})
    with pytest.raises(SetUnavailable, match=f"{status}.*ZOOSCOPE_PICTURES"):
        drain(fetch(root))
    assert_nothing_kept(root)


@pytest.mark.parametrize("nobody", [closed_port, black_hole])
def test_without_a_network_the_user_is_told_in_time(root, monkeypatch, nobody):
    monkeypatch.setattr("core.sets.imagenette.TIMEOUT", 0.3)
    with nobody() as url:
        point(monkeypatch, url)
        start = time.perf_counter()
        with pytest.raises(SetUnavailable, match="can't be reached"):
            drain(fetch(root))
    assert time.perf_counter() - start < 3
    assert_nothing_kept(root)


def test_a_server_that_falls_silent_is_given_up(server, root, monkeypatch):
    monkeypatch.setattr("core.sets.imagenette.SILENCE", 0.3)
    content = GOOD + bytes(200_000)
    server.serve(REPOSITORY, File(content, pause=5), NAME)
    with pytest.raises(SetUnavailable, match="broke off"):
        drain(fetch(root))
    assert_nothing_kept(root)


def test_a_size_that_is_not_told_is_not_fetched(server, root):
    server.refusal = (200, {"Content-Length": ""})
    with pytest.raises(SetUnavailable, match="how large"):
        drain(fetch(root))


def test_a_download_over_the_limit_is_refused_before_a_byte_comes(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    with pytest.raises(SetUnavailable, match="ZOOSCOPE_DOWNLOAD_MB"):
        drain(fetch(root, len(GOOD) - 1))
    assert (server.asked_for, server.sent) == (["HEAD"], 0)
    assert drain(fetch(root, len(GOOD))).is_dir()


def test_a_disk_without_room_is_found_out_before_a_byte_comes(server, root, monkeypatch):
    server.serve(REPOSITORY, GOOD, NAME)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**6, 10**6))
    with pytest.raises(SetUnavailable, match=r"1 MB free.*ZOOSCOPE_SETS"):
        drain(fetch(root))
    assert server.sent == 0


def test_a_folder_that_can_not_be_written_to_is_told(server, tmp_path):
    server.serve(REPOSITORY, GOOD, NAME)
    (tmp_path / "sets").write_text("a file in the folder's place")
    with pytest.raises(SetUnavailable, match="ZOOSCOPE_SETS"):
        drain(fetch(tmp_path / "sets"))


def test_an_unknown_variant_is_refused_with_those_there_are(root):
    with pytest.raises(SetUnavailable, match="160px, 320px"):
        drain(fetch_steps("full", root, LIMIT))


# Giving up


def test_giving_up_ends_the_download_and_leaves_nothing(server, root):
    content = GOOD + np.random.default_rng(0).bytes(3_000_000)
    server.serve(REPOSITORY, File(content, pause=0.05), NAME)
    steps = fetch(root)
    next(step for step in steps if server.sent >= 200_000)
    assert not server.hung_up.is_set()
    steps.close()
    assert server.hung_up.wait(5)
    assert_nothing_kept(root)


def test_giving_up_while_unpacking_leaves_nothing(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    steps = fetch(root)
    unpacking = (step for step in steps if step.note == "unpacking")
    for _ in range(10):
        next(unpacking)
    steps.close()
    assert_nothing_kept(root)
