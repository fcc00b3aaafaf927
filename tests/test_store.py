import hashlib
import io
import json
import logging
import os
import pickle
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fsspec.implementations.local import LocalFileSystem

from core.recipes import Result
from core.settings import BadSetting
from core.store import Store, decode, encode

ROOMY = 10_000_000
ARRAYS = {
    "half": np.linspace(-2, 2, 12, dtype=np.float16).reshape(3, 4),
    "single": np.array([[1.5, -0.0, np.nan, np.inf]], np.float32),
    "double": np.full((2, 1, 3), np.pi),
    "complex": np.array([1 + 2j, -3j], np.complex64),
    "small": np.array([-128, 127], np.int8),
    "large": np.array([2**63 - 1, -(2**63)], np.int64),
    "truth": np.array([[True, False]]),
    "text": np.array(["grün", "", "blue"]),
    "grey": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "with alpha": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
    "pictures": np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3),
    "columns first": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "every other": np.arange(12)[::2],
    "big end first": np.arange(4, dtype=">i4"),
    "blocks.3.2/conv": np.zeros(2),
    "scalar": np.array(0.25, np.float32),
    "none": np.empty((0, 7), np.float32),
    "no picture": np.empty((0, 5, 3), np.uint8),
}

PICTURED = Result(
    {"values": np.arange(6.0), "shown": np.arange(60, dtype=np.uint8).reshape(4, 5, 3)},
    {"device": "cpu"},
)


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def result_of(number: int, values: int = 125) -> Result:
    return Result({"values": np.full(values, float(number))}, {"number": number})


def assert_same(found: Result | None, expected: Result) -> None:
    assert found is not None
    assert found.record == expected.record
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(str(folder), ROOMY)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def file_of(folder: Path, key: str) -> Path:
    (path,) = (path for path in files_in(folder) if key in path.name)
    return path


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_in(folder))


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back_as_they_went(name, store):
    result = Result({name: ARRAYS[name]})
    assert store.put(key_of(0), result)
    assert_same(store.get(key_of(0)), result)


def test_many_arrays_and_their_record_come_back_together(store):
    record = {"device": "cpu", "seconds": 0.5, "versions": {"torch": "2"}, "parts": [1, None, "é"]}
    result = Result(ARRAYS, record)
    assert store.put(key_of(0), result)
    assert_same(store.get(key_of(0)), result)


def test_a_result_without_arrays_comes_back(store):
    store.put(key_of(0), Result({}, {"note": "nothing to see"}))
    assert_same(store.get(key_of(0)), Result({}, {"note": "nothing to see"}))


def test_pictures_are_kept_as_png_and_lose_nothing(store, folder):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    store.put(key_of(0), Result({"shown": pixels}))
    assert_same(store.get(key_of(0)), Result({"shown": pixels}))
    with zipfile.ZipFile(file_of(folder, key_of(0))) as entry:
        assert entry.read("shown.png").startswith(b"\x89PNG")


def test_numpy_opens_an_entry_s_file(store, folder):
    store.put(key_of(0), Result({"features": np.eye(3)}, {"device": "cpu"}))
    with np.load(file_of(folder, key_of(0)), allow_pickle=False) as entry:
        np.testing.assert_array_equal(entry["features"], np.eye(3))
        assert json.loads(entry["record.json"])["record"] == {"device": "cpu"}


def test_a_later_result_takes_the_place_of_an_earlier(store, folder):
    store.put(key_of(0), result_of(1))
    store.put(key_of(0), result_of(2))
    assert_same(store.get(key_of(0)), result_of(2))
    assert store.size == bytes_in(folder)


def test_results_outlive_the_store_that_kept_them(store, folder):
    store.put(key_of(0), result_of(0))
    again = Store(str(folder), ROOMY)
    assert_same(again.get(key_of(0)), result_of(0))
    assert again.size == bytes_in(folder) > 0


def test_an_unknown_key_is_a_miss_without_a_word(store, caplog):
    store.put(key_of(0), result_of(0))
    assert store.get(key_of(1)) is None
    assert not caplog.records


def test_an_array_of_objects_is_not_kept(store, folder):
    with pytest.raises(ValueError, match="allow_pickle"):
        store.put(key_of(0), Result({"objects": np.array([{}, []], object)}))
    assert not files_in(folder)


def other_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as entry:
        for name, data in members.items():
            entry.writestr(name, data)
    return buffer.getvalue()


def rewritten(data: bytes, member: str, content: bytes | None) -> bytes:
    """The entry with another content of a member, or without the member."""
    with zipfile.ZipFile(io.BytesIO(data)) as entry:
        members = {name: entry.read(name) for name in entry.namelist()}
    assert member in members
    kept = {name: old for name, old in members.items() if name != member}
    return other_zip(kept if content is None else kept | {member: content})


def with_record(data: bytes, **changes) -> bytes:
    """The entry with its record.json changed; None takes a part out."""
    with zipfile.ZipFile(io.BytesIO(data)) as entry:
        record = json.loads(entry.read("record.json")) | changes
    left = {name: value for name, value in record.items() if value is not None}
    return rewritten(data, "record.json", json.dumps(left).encode())


def flipped(data: bytes, at: int, bits: int = 0xFF) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: flipped(data, len(data) // 2),
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda _: b"",
        lambda _: b"no zip",
        lambda _: bytes(1000),
        lambda _: other_zip({}),
        lambda _: other_zip({"letter.txt": b"Dear store"}),
        lambda data: rewritten(data, "record.json", None),
        lambda data: rewritten(data, "record.json", b""),
        lambda data: rewritten(data, "record.json", b"\xff\xfe"),
        lambda data: rewritten(data, "record.json", b"[]"),
        lambda data: rewritten(data, "record.json", b"{}"),
        lambda data: with_record(data, format=None),
        lambda data: with_record(data, format=0),
        lambda data: with_record(data, record=None),
        lambda data: rewritten(data, "values.npy", b"no array"),
        lambda data: rewritten(data, "shown.png", b"no picture"),
        lambda data: rewritten(data, "values.npy", None),
    ],
    ids=[
        "a byte in the middle", "half", "all but the last byte", "empty", "text", "zeros",
        "an empty zip", "another zip", "no record", "an empty record", "a record not in UTF-8",
        "a list for a record", "a record of nothing", "no format", "another format",
        "no record in the record", "no array in .npy", "no picture in .png", "a lost array",
    ],
)  # fmt: skip
def test_a_damaged_entry_is_a_logged_miss_and_is_healed_by_the_next_put(
    damage, store, folder, caplog
):
    store.put(key_of(0), PICTURED)
    path = file_of(folder, key_of(0))
    path.write_bytes(damage(path.read_bytes()))
    assert store.get(key_of(0)) is None
    (line,) = caplog.records
    assert line.levelno == logging.WARNING
    assert key_of(0) in line.getMessage()
    assert store.put(key_of(0), result_of(1))
    assert_same(store.get(key_of(0)), result_of(1))


@pytest.mark.parametrize("bits", [0xFF, 0x01, 0x08])
def test_whatever_byte_is_damaged_no_other_result_is_given(bits, store, folder):
    """Checksums cover the arrays; the zip's own directory has none."""
    store.put(key_of(0), PICTURED)
    path = file_of(folder, key_of(0))
    whole = path.read_bytes()
    missed = 0
    for at in range(len(whole)):
        path.write_bytes(flipped(whole, at, bits))
        found = store.get(key_of(0))
        if found is None:
            missed += 1
        else:
            assert_same(found, PICTURED)
    assert missed > len(whole) / 2


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("form", ["an array of objects", "a bare pickle"])
def test_a_pickle_in_an_entry_is_never_opened(form, store, folder, tmp_path, caplog):
    sprung = tmp_path / "sprung"
    buffer = io.BytesIO()
    if form == "a bare pickle":
        pickle.dump(Trap(sprung), buffer)
    else:
        np.save(buffer, np.array([Trap(sprung)], object), allow_pickle=True)
    store.put(key_of(0), result_of(0))
    path = file_of(folder, key_of(0))
    path.write_bytes(rewritten(path.read_bytes(), "values.npy", buffer.getvalue()))
    assert store.get(key_of(0)) is None
    assert not sprung.exists()
    assert key_of(0) in caplog.text


class Killed(BaseException):
    """The process ended here."""


def test_a_half_written_entry_is_never_read_and_is_removed_on_opening(store, folder, monkeypatch):
    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(Killed):
            store.put(key_of(0), result_of(0))
    assert files_in(folder), "the process left nothing half written: this test tests nothing"
    assert store.get(key_of(0)) is None
    again = Store(str(folder), ROOMY)
    assert again.get(key_of(0)) is None
    assert again.size == 0
    assert not files_in(folder)


def test_an_entry_stays_whole_while_its_successor_is_written(store, monkeypatch):
    store.put(key_of(0), result_of(1))

    def killed(files, path, data, **_):
        with files.open(path, "wb") as file:
            file.write(data[: len(data) // 2])
        raise Killed

    monkeypatch.setattr(LocalFileSystem, "pipe_file", killed)
    with pytest.raises(Killed):
        store.put(key_of(0), result_of(2))
    assert_same(store.get(key_of(0)), result_of(1))


@pytest.mark.parametrize("name", ["thesis.txt", "photos/cat.jpg", "partners.csv", "data.npz"])
def test_what_the_store_did_not_write_it_does_not_remove(name, folder):
    """ZOOSCOPE_STORE may point at a folder that holds other things too."""
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(5000))
    crowded = Store(str(folder), limit=3000)
    for number in range(5):
        crowded.put(key_of(number), result_of(number))
    assert path.read_bytes() == bytes(5000)


ENTRY = len(encode(result_of(1)))  # bytes of each entry below


def kept(store: Store, count: int) -> list[bool]:
    """Which of the first keys it holds. Asking counts as a use."""
    return [store.get(key_of(number)) is not None for number in range(count)]


def test_a_store_fills_its_limit(folder):
    full = Store(str(folder), 5 * ENTRY)
    for number in range(5):
        full.put(key_of(number), result_of(number))
    assert kept(full, 5) == [True] * 5


def test_a_store_never_takes_more_than_its_limit(folder):
    tight = Store(str(folder), 5 * ENTRY)
    for number in range(20):
        assert tight.put(key_of(number), result_of(number))
        assert tight.size == bytes_in(folder) <= 5 * ENTRY
        assert tight.get(key_of(number)) is not None


def test_the_least_recently_used_go_first(folder):
    tight = Store(str(folder), 5 * ENTRY)
    for number in range(5):
        tight.put(key_of(number), result_of(number))
    assert_same(tight.get(key_of(0)), result_of(0))
    tight.put(key_of(5), result_of(5))
    held = kept(tight, 6)
    assert held[0]
    assert held[5]
    assert not held[1]


def test_what_was_used_is_remembered_across_stores(folder):
    first = Store(str(folder), 5 * ENTRY)
    for number in range(5):
        first.put(key_of(number), result_of(number))
        os.utime(file_of(folder, key_of(number)), (1000 + number, 1000 + number))
    first.get(key_of(0))
    again = Store(str(folder), 5 * ENTRY)
    again.put(key_of(5), result_of(5))
    held = kept(again, 6)
    assert held[0]
    assert held[5]
    assert not held[1]


def test_the_oldest_go_first_in_a_reopened_store(folder):
    first = Store(str(folder), 5 * ENTRY)
    ages = [3, 1, 5, 2, 4]
    for number, age in enumerate(ages):
        first.put(key_of(number), result_of(number))
        os.utime(file_of(folder, key_of(number)), (9000 - age, 9000 - age))
    Store(str(folder), 3 * ENTRY).put(key_of(5), result_of(5))
    held = kept(Store(str(folder), ROOMY), 6)
    assert held[5]
    assert held[1]
    assert not held[2]
    assert not held[4]


@pytest.mark.parametrize("values", [125, 550, 2000])
def test_put_says_whether_the_result_was_kept(values, folder):
    """Also of a result that is larger than the whole store may be."""
    tight = Store(str(folder), 5 * ENTRY)
    for number in range(3):
        tight.put(key_of(number), result_of(number))
    kept_it = tight.put(key_of(9), result_of(9, values))
    assert kept_it == (tight.get(key_of(9)) is not None)
    assert kept_it == (values < 2000)
    assert bytes_in(folder) <= 5 * ENTRY


def test_a_store_whose_place_is_taken_by_a_file_costs_only_the_keeping(tmp_path, caplog):
    (tmp_path / "file").write_text("here already")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        homeless = Store(str(place), ROOMY)
        assert homeless.put(key_of(0), result_of(0)) is False
        assert homeless.get(key_of(0)) is None
    assert "can't keep" in caplog.text
    assert (tmp_path / "file").read_text() == "here already"


def failing(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["makedirs", "pipe_file", "replace"])
def test_a_disk_that_takes_no_more_costs_only_the_keeping(step, store, folder, monkeypatch, caplog):
    store.put(key_of(0), result_of(0))
    with monkeypatch.context() as patch:
        patch.setattr(os if step == "replace" else LocalFileSystem, step, failing)
        assert store.put(key_of(1), result_of(1)) is False
    assert "No space left on device" in caplog.text
    assert key_of(1) in caplog.text
    assert_same(store.get(key_of(0)), result_of(0))
    assert store.get(key_of(1)) is None
    assert store.put(key_of(1), result_of(1))


@pytest.mark.parametrize("step", ["pipe_file", "replace"])
def test_a_failed_put_leaves_nothing_on_a_full_disk(step, store, folder, monkeypatch):
    write = LocalFileSystem.pipe_file

    def half_written(files, path, data, **_):
        write(files, path, data[: len(data) // 2])
        failing()

    if step == "replace":
        monkeypatch.setattr(os, "replace", failing)
    else:
        monkeypatch.setattr(LocalFileSystem, "pipe_file", half_written)
    assert store.put(key_of(0), result_of(0)) is False
    assert not files_in(folder)


def test_an_entry_that_can_t_be_read_is_a_logged_miss(store, monkeypatch, caplog):
    store.put(key_of(0), result_of(0))
    monkeypatch.setattr(LocalFileSystem, "cat_file", failing)
    assert store.get(key_of(0)) is None
    assert key_of(0) in caplog.text


def test_a_use_that_can_t_be_marked_costs_nothing(store, monkeypatch):
    store.put(key_of(0), result_of(0))
    monkeypatch.setattr(LocalFileSystem, "touch", failing)
    assert_same(store.get(key_of(0)), result_of(0))


@pytest.fixture
def remote():
    url = "memory://zooscope-test-store/results"
    yield url
    files = fsspec.filesystem("memory")
    if files.exists("/zooscope-test-store"):
        files.rm("/zooscope-test-store", recursive=True)


def test_a_remote_store_keeps_results(remote):
    result = Result(ARRAYS, {"device": "cpu"})
    assert Store(remote, ROOMY).put(key_of(0), result)
    assert_same(Store(remote, ROOMY).get(key_of(0)), result)
    assert Store(remote, ROOMY).get(key_of(1)) is None


def test_a_remote_store_is_left_to_its_bucket_s_rules(remote):
    store = Store(remote, limit=1)
    for number in range(10):
        assert store.put(key_of(number), result_of(number))
    assert kept(store, 10) == [True] * 10
    assert kept(Store(remote, limit=1), 10) == [True] * 10


def test_a_damaged_remote_entry_is_a_logged_miss_and_healed(remote, caplog):
    store = Store(remote, ROOMY)
    store.put(key_of(0), result_of(0))
    files = fsspec.filesystem("memory")
    (path,) = (path for path in files.find("/zooscope-test-store") if key_of(0) in path)
    files.pipe_file(path, files.cat_file(path)[:-30])
    assert store.get(key_of(0)) is None
    assert key_of(0) in caplog.text
    store.put(key_of(0), result_of(1))
    assert_same(store.get(key_of(0)), result_of(1))


def test_a_remote_store_that_takes_nothing_costs_only_the_keeping(remote, monkeypatch, caplog):
    store = Store(remote, ROOMY)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", failing)
    assert store.put(key_of(0), result_of(0)) is False
    assert store.get(key_of(0)) is None
    assert "can't keep" in caplog.text


def test_two_stores_on_one_folder_share_their_results(folder):
    one, two = (Store(str(folder), ROOMY) for _ in range(2))
    one.put(key_of(0), result_of(0))
    two.put(key_of(1), result_of(1))
    assert_same(two.get(key_of(0)), result_of(0))
    assert_same(one.get(key_of(1)), result_of(1))


def test_what_one_store_made_room_with_another_does_not_stumble_over(folder, caplog):
    one, two = (Store(str(folder), 5 * ENTRY) for _ in range(2))
    for number in range(5):
        one.put(key_of(number), result_of(number))
    three = Store(str(folder), 5 * ENTRY)
    for path in files_in(folder):
        path.unlink()
    for store in (one, two, three):
        assert kept(store, 5) == [False] * 5
        for number in range(10, 20):
            assert store.put(key_of(number), result_of(number))
        assert_same(store.get(key_of(19)), result_of(19))
    assert not caplog.records


@pytest.fixture
def _hasty_threads():
    """Threads that take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
@pytest.mark.parametrize("place", ["folder", "remote"])
def test_threads_on_one_key_see_whole_results_only(place, request, caplog):
    url = str(request.getfixturevalue(place))
    stores = [Store(url, ROOMY) for _ in range(2)]
    stores[0].put(key_of(0), result_of(0, 5000))
    together = threading.Barrier(4)

    def visitor(number: int) -> None:
        together.wait()
        for turn in range(30):
            store = stores[turn % 2]
            if number % 2:
                assert store.put(key_of(0), result_of(number, 5000))
            else:
                found = store.get(key_of(0))
                assert_same(found, result_of(found.record["number"], 5000))

    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(visitor, range(4)))
    assert not caplog.records


@pytest.mark.usefixtures("_hasty_threads")
def test_threads_may_fill_a_tight_store_at_once(folder):
    tight = Store(str(folder), 5 * ENTRY)

    def visitor(number: int) -> None:
        chance = np.random.default_rng(number)
        for _ in range(40):
            which = int(chance.integers(12))
            if chance.random() < 0.5:
                assert tight.put(key_of(which), result_of(which))
            elif found := tight.get(key_of(which)):
                assert_same(found, result_of(which))

    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(visitor, range(4)))
    assert bytes_in(folder) <= 5 * ENTRY
    assert tight.size <= 5 * ENTRY


def test_an_entry_s_bytes_say_all_of_a_result():
    result = Result(ARRAYS, {"device": "cpu"})
    assert_same(decode(encode(result)), result)


@pytest.mark.parametrize("url", ["nosuch://bucket/x", "s3://bucket/x"])
def test_a_store_that_can_not_be_had_names_its_setting(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as if it were not installed
    with pytest.raises(BadSetting, match="ZOOSCOPE_STORE"):
        Store(url, ROOMY)


def test_a_driver_s_own_errors_cost_only_the_keeping(monkeypatch):
    store = Store("memory://elsewhere", ROOMY)

    def refused(*_, **__):
        raise RuntimeError("no such credentials")

    for step in ("cat_file", "pipe_file"):
        monkeypatch.setattr(type(store._files), step, refused)
    assert store.put(key_of(0), result_of(0)) is False
    assert store.get(key_of(0)) is None
