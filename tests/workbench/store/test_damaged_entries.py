"""A damaged entry is missing, never wrong, and the next result replaces it."""

import io
import json
import logging
import os
import pickle
import zipfile
from pathlib import Path

import fsspec
import numpy as np
import pytest

from core.workbench.store import Store
from tests.workbench.store.entries import (
    LARGE,
    WITH_PICTURE,
    assert_same,
    file_of,
    key_of,
    result_of,
)


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as entry:
        for name, content in members.items():
            entry.writestr(name, content)
    return buffer.getvalue()


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as entry:
        return {name: entry.read(name) for name in entry.namelist()}


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """Return an entry with another content of a member."""
    members = members_of(data)
    assert name in members
    return zip_of({**members, name: content})


def without_member(data: bytes, name: str) -> bytes:
    members = members_of(data)
    del members[name]
    return zip_of(members)


def with_record(data: bytes, **changes: object) -> bytes:
    """Return an entry with changes in its record.json; None removes a field."""
    record = json.loads(members_of(data)["record.json"]) | changes
    changed = {name: value for name, value in record.items() if value is not None}
    return with_member(data, "record.json", json.dumps(changed).encode())


def with_flipped_bits(data: bytes, position: int, bits: int = 0xFF) -> bytes:
    return data[:position] + bytes([data[position] ^ bits]) + data[position + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: with_flipped_bits(data, len(data) // 2),
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda _: b"",
        lambda _: b"no zip",
        lambda _: bytes(1000),
        lambda _: zip_of({}),
        lambda _: zip_of({"letter.txt": b"Dear store"}),
        lambda data: without_member(data, "record.json"),
        lambda data: with_member(data, "record.json", b""),
        lambda data: with_member(data, "record.json", b"\xff\xfe"),
        lambda data: with_member(data, "record.json", b"[]"),
        lambda data: with_member(data, "record.json", b"{}"),
        lambda data: with_record(data, format=None),
        lambda data: with_record(data, format=0),
        lambda data: with_record(data, record=None),
        lambda data: with_member(data, "values.npy", b"no array"),
        lambda data: with_member(data, "shown.png", b"no picture"),
        lambda data: without_member(data, "values.npy"),
    ],
    ids=[
        "a byte in the middle", "the first half", "all but the last byte", "empty", "text", "zeros",
        "an empty zip", "another zip", "no record.json", "an empty record.json",
        "record.json is not UTF-8", "record.json has a list", "record.json has no fields",
        "no format", "another format", "no record", "no array in .npy", "no picture in .png",
        "an array is missing",
    ],
)  # fmt: skip
def test_a_damaged_entry_is_missing_with_a_warning_until_it_is_replaced(
    damage, store, folder, caplog
):
    store.put(key_of(0), WITH_PICTURE)
    path = file_of(folder, key_of(0))
    path.write_bytes(damage(path.read_bytes()))
    assert store.get(key_of(0)) is None
    (line,) = caplog.records
    assert line.levelno == logging.WARNING
    assert key_of(0) in line.getMessage()
    assert store.put(key_of(0), result_of(1))
    assert_same(store.get(key_of(0)), result_of(1))


@pytest.mark.parametrize("bits", [0xFF, 0x01, 0x08])
def test_no_damaged_byte_changes_the_result(bits, store, folder):
    """Checksums cover the arrays; the directory of the zip file has none."""
    store.put(key_of(0), WITH_PICTURE)
    path = file_of(folder, key_of(0))
    intact = path.read_bytes()
    missing = 0
    for position in range(len(intact)):
        path.write_bytes(with_flipped_bits(intact, position, bits))
        result = store.get(key_of(0))
        if result is None:
            missing += 1
        else:
            assert_same(result, WITH_PICTURE)
    assert missing > len(intact) / 2


def test_a_damaged_remote_entry_is_missing_with_a_warning_until_it_is_replaced(remote_url, caplog):
    store = Store(remote_url, LARGE)
    store.put(key_of(0), result_of(0))
    files = fsspec.filesystem("memory")
    (path,) = (path for path in files.find("/zooscope-test-store") if key_of(0) in path)
    files.pipe_file(path, files.cat_file(path)[:-30])
    assert store.get(key_of(0)) is None
    assert key_of(0) in caplog.text
    store.put(key_of(0), result_of(1))
    assert_same(store.get(key_of(0)), result_of(1))


class MakesFolder:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("form", ["array of objects", "pickle without an array"])
def test_a_pickle_in_an_entry_is_never_read(form, store, folder, tmp_path, caplog):
    made_by_pickle = tmp_path / "made by pickle"
    buffer = io.BytesIO()
    if form == "array of objects":
        np.save(buffer, np.array([MakesFolder(made_by_pickle)], object), allow_pickle=True)
    else:
        pickle.dump(MakesFolder(made_by_pickle), buffer)
    store.put(key_of(0), result_of(0))
    path = file_of(folder, key_of(0))
    path.write_bytes(with_member(path.read_bytes(), "values.npy", buffer.getvalue()))
    assert store.get(key_of(0)) is None
    assert not made_by_pickle.exists()
    assert key_of(0) in caplog.text
