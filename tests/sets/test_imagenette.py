"""Downloads of Imagenette from working, failing and missing servers on the loopback address."""

import hashlib
import io
import os
import shutil
import tarfile
import threading
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import Imagenette

from core import zoo
from core.pictures import Pictures
from core.sets import SetLibrary, SetUnavailable, imagenette
from core.sets.imagenette import download_size_steps, fetch_steps
from core.steps import Progress, Steps, drain
from tests.zoo.loopback_hub import File, LoopbackHub, black_hole, closed_port, record_timeouts

REPOSITORY, NAME = "fast-ai", "imagenette2-160.tgz"
LIMIT = 10**8
CHANGED = 1_500_000_000
CLASSES = {wordnet: names[0] for wordnet, names in Imagenette._WNID_TO_CLASS.items()}


def jpeg(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def tgz(*extra: tuple[str, bytes], classes: int = 10, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return an archive like fastai's, with two validation pictures and one for training per class.

    Args:
        extra: Names and contents of further members.
        classes: Number of classes.
        kind: The tar type of the further members.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        members = list(extra)
        for index, wordnet in enumerate(list(CLASSES)[:classes]):
            for number in range(2):
                name = f"val/{wordnet}/ILSVRC2012_val_{index:04}{number:04}.JPEG"
                members.append((f"imagenette2-160/{name}", jpeg(2 * index + number)))
            members.append((f"imagenette2-160/train/{wordnet}/{wordnet}_1.JPEG", jpeg(99)))
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), CHANGED
            if (name, data) in extra:
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
    """Point torchvision's URL at this server, and its checksum at this content."""
    archive_url = f"{url}/{REPOSITORY}/resolve/main/{NAME}"
    checksum = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(Imagenette, "_ARCHIVES", {"160px": (archive_url, checksum)})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sets"


def fetch(root: Path, limit: int = LIMIT) -> Steps[Path]:
    return fetch_steps("160px", root, limit)


def assert_no_files_left(root: Path) -> None:
    assert not root.exists() or list(root.iterdir()) == []
    assert imagenette.downloaded_folders(root) == []


# Successful downloads


def test_torchvision_has_a_url_and_a_checksum_of_each_variant():
    for variant in imagenette.VARIANTS:
        url, checksum = imagenette._source(variant)
        assert url.startswith("https://")
        assert len(checksum) == 32


def test_the_ten_classes_are_labels_of_real_networks(shared_models, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    labels = zoo.describe("local/mobilenetv2_100.coral").labels
    assert len(labels) == 1000
    assert len(CLASSES) == 10
    assert set(imagenette._classes().values()) <= set(labels)
    assert [labels.index(CLASSES[name]) for name in ("n01440764", "n02102040")] == [0, 217]


def test_the_validation_split_becomes_a_labelled_folder(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    library = SetLibrary(Pictures(), [], root, LIMIT)
    assert library.imagenette("160px") is None
    assert drain(library.imagenette_steps("160px")) == "imagenette-160px"
    folder = library.imagenette("160px")
    assert len(folder) == 20
    assert folder.classes == tuple(sorted(CLASSES.values()))
    springer = [index for index in range(20) if folder.label(index) == "English springer"]
    expected = Image.open(io.BytesIO(jpeg(2))).convert("RGB").tobytes()
    assert folder.image(springer[0]).tobytes() == expected
    assert library.find(folder.reference) is folder


def test_the_set_is_the_same_on_every_server(server, root, tmp_path):
    server.serve(REPOSITORY, GOOD, NAME)
    libraries = [SetLibrary(Pictures(), [], tmp_path / name, LIMIT) for name in "ab"]
    for library in libraries:
        drain(library.imagenette_steps("160px"))
    first, second = (library.imagenette("160px") for library in libraries)
    assert (first.reference, first.keys) == (second.reference, second.keys)


def test_a_downloaded_set_is_found_after_a_restart_and_not_downloaded_again(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    folder = drain(fetch(root))
    request_count = len(server.requests)
    assert drain(fetch(root)) == folder
    assert len(server.requests) == request_count
    assert SetLibrary(Pictures(), [], root, LIMIT).folders.names == ["imagenette-160px"]


def test_the_size_is_known_before_the_download(server):
    server.serve(REPOSITORY, GOOD, NAME)
    assert drain(download_size_steps("160px", LIMIT)) == len(GOOD)
    assert (server.request_methods, server.sent) == (["HEAD"], 0)


def test_other_members_of_the_archive_are_not_unpacked(server, root, monkeypatch):
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
    folder = drain(fetch(root))
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 20
    assert list(root.parent.rglob("leak*")) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_in_the_archive_are_not_followed(server, root, monkeypatch, kind):
    content = tgz(("imagenette2-160/val/n01440764/link.JPEG", b""), kind=kind)
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, content, NAME)
    folder = drain(fetch(root))
    assert list(folder.rglob("link*")) == []


def test_two_concurrent_downloads_both_succeed(server, root):
    server.serve(REPOSITORY, File(GOOD, pause=0.01), NAME)
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(drain(fetch(root)))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders == [root / "imagenette-160px"] * 2
    assert [path.name for path in root.iterdir()] == ["imagenette-160px"]


def test_the_slower_of_two_downloads_uses_the_folder_of_the_faster(server, root, monkeypatch):
    server.serve(REPOSITORY, File(GOOD), NAME)
    calls = []

    def late_replace(source: Path, target: Path) -> None:
        if not calls:  # another download finishes just before the first call
            shutil.copytree(source, target)
        calls.append(target)
        os.rename(source, target)

    monkeypatch.setattr("core.sets.imagenette.os.replace", late_replace)
    assert drain(fetch(root)) == root / "imagenette-160px"
    assert [path.name for path in root.iterdir()] == ["imagenette-160px"]
    assert calls == [root / "imagenette-160px"]


def test_progress_starts_at_0_and_never_decreases(server, root, monkeypatch):
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


# Failing and missing servers


@pytest.mark.parametrize(
    ("served", "words"),
    [
        pytest.param(File(GOOD, breaks=[500]), "sent 500 of", id="dropped"),
        pytest.param(File(GOOD, breaks=[500], resets=True), "connection broke", id="reset"),
        pytest.param(File(GOOD[:-9], head_size=len(GOOD)), "the server sent", id="truncated"),
        pytest.param(File(GOOD + b"x", head_size=len(GOOD)), "the server sent", id="longer"),
        pytest.param(File(GOOD[::-1]), "is damaged", id="damaged"),
        pytest.param(File(b""), "is damaged", id="empty"),
    ],
)
def test_a_broken_download_is_not_kept_and_can_be_repeated(server, root, served, words):
    server.serve(REPOSITORY, served, NAME)
    with pytest.raises(SetUnavailable, match=words):
        drain(fetch(root))
    assert_no_files_left(root)
    server.serve(REPOSITORY, GOOD, NAME)
    assert drain(fetch(root)).is_dir()


def test_an_endless_download_is_stopped(server, root):
    endless = File(GOOD + bytes(10_000_000), head_size=len(GOOD), pause=0.02)
    server.serve(REPOSITORY, endless, NAME)
    with pytest.raises(SetUnavailable, match="the server sent"):
        drain(fetch(root))
    assert server.hung_up.wait(60)
    assert server.sent < 5_000_000


@pytest.mark.parametrize("content", [b"no archive", tgz(classes=9), GOOD[: len(GOOD) // 2]])
def test_an_archive_with_unexpected_contents_is_not_kept(server, root, monkeypatch, content):
    """The checksum is correct, so only the contents show that something is wrong."""
    point(monkeypatch, server.url, content)
    server.serve(REPOSITORY, content, NAME)
    with pytest.raises(SetUnavailable, match="its archive"):
        drain(fetch(root))
    assert_no_files_left(root)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_the_error_for_a_refusing_server_names_the_status_and_the_way_out(server, root, status):
    server.refusal = (status, {})
    with pytest.raises(SetUnavailable, match=f"{status}.*ZOOSCOPE_PICTURES"):
        drain(fetch(root))
    assert_no_files_left(root)


@pytest.mark.parametrize("missing_server", [closed_port, black_hole])
def test_a_missing_server_is_an_error_within_the_timeout(root, monkeypatch, missing_server):
    monkeypatch.setattr("core.sets.imagenette.TIMEOUT", 0.3)
    with missing_server() as url:
        point(monkeypatch, url)
        timeouts = record_timeouts(monkeypatch)
        with pytest.raises(SetUnavailable, match="can't be reached") as caught:
            drain(fetch(root))
    for part in ("has to be downloaded once", "127.0.0.1", "drawn scenes", "ZOOSCOPE_PICTURES"):
        assert part in str(caught.value)
    assert "rrno" not in str(caught.value)
    assert max(timeouts) == 0.3
    assert_no_files_left(root)


def test_a_server_that_stops_sending_is_an_error(server, root, monkeypatch):
    monkeypatch.setattr("core.sets.imagenette.READ_TIMEOUT", 0.3)
    content = GOOD + bytes(200_000)
    server.serve(REPOSITORY, File(content, pause=5), NAME)
    with pytest.raises(SetUnavailable, match="connection broke"):
        drain(fetch(root))
    assert_no_files_left(root)


def test_a_download_of_unknown_size_is_rejected(server, root):
    server.refusal = (200, {"Content-Length": ""})
    with pytest.raises(SetUnavailable, match="size of the download"):
        drain(fetch(root))


def test_a_download_over_the_limit_is_rejected_before_it_starts(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    with pytest.raises(SetUnavailable, match="ZOOSCOPE_DOWNLOAD_MB"):
        drain(fetch(root, len(GOOD) - 1))
    assert (server.request_methods, server.sent) == (["HEAD"], 0)
    assert drain(fetch(root, len(GOOD))).is_dir()


def test_a_full_disk_is_detected_before_the_download(server, root, monkeypatch):
    server.serve(REPOSITORY, GOOD, NAME)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**6, 10**6))
    with pytest.raises(SetUnavailable, match=r"1 MB free.*ZOOSCOPE_SETS"):
        drain(fetch(root))
    assert server.sent == 0


def test_the_error_for_an_unwritable_folder_names_the_setting(server, tmp_path):
    server.serve(REPOSITORY, GOOD, NAME)
    (tmp_path / "sets").write_text("a file in the folder's folder")
    with pytest.raises(SetUnavailable, match="ZOOSCOPE_SETS") as caught:
        drain(fetch(tmp_path / "sets"))
    assert str(tmp_path) not in str(caught.value)  # visitors see the message


def test_the_error_for_an_unknown_variant_lists_all_variants(root):
    with pytest.raises(SetUnavailable, match="160px, 320px"):
        drain(fetch_steps("full", root, LIMIT))


# Stopping


def test_stopping_ends_the_download_and_leaves_no_files(server, root):
    content = GOOD + np.random.default_rng(0).bytes(3_000_000)
    server.serve(REPOSITORY, File(content, pause=0.05), NAME)
    steps = fetch(root)
    next(step for step in steps if server.sent >= 200_000)
    assert not server.hung_up.is_set()
    steps.close()
    assert server.hung_up.wait(60)
    assert_no_files_left(root)


def test_stopping_while_unpacking_leaves_no_files(server, root):
    server.serve(REPOSITORY, GOOD, NAME)
    steps = fetch(root)
    unpacking = (step for step in steps if step.note == "unpacking")
    for _ in range(10):
        next(unpacking)
    steps.close()
    assert_no_files_left(root)
