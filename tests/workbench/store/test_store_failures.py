"""A store that fails, or a process that ends while it writes, loses no more than the entry."""

import os
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from core.workbench.store import Store
from tests.workbench.store.entries import (
    ENTRY_BYTES,
    LARGE,
    assert_same,
    disk_full,
    files_in,
    key_of,
    result_of,
)


class Killed(BaseException):
    """Stands for the end of the process."""


def test_an_entry_written_in_part_is_never_read_and_is_removed_at_the_next_start(
    store, folder, monkeypatch
):
    def end_process(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", end_process)
        with pytest.raises(Killed):
            store.put(key_of(0), result_of(0))
    assert files_in(folder), "the interrupted write left no file: this test checks nothing"
    assert store.get(key_of(0)) is None
    reopened = Store(str(folder), LARGE)
    assert reopened.get(key_of(0)) is None
    assert not files_in(folder)


def test_an_entry_stays_readable_while_its_successor_is_written(store, monkeypatch):
    store.put(key_of(0), result_of(1))

    def write_half(files, path, data, **_):
        with files.open(path, "wb") as file:
            file.write(data[: len(data) // 2])
        raise Killed

    monkeypatch.setattr(LocalFileSystem, "pipe_file", write_half)
    with pytest.raises(Killed):
        store.put(key_of(0), result_of(2))
    assert_same(store.get(key_of(0)), result_of(1))


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_store_in_place_of_a_file_stores_nothing_and_warns(place, tmp_path, caplog):
    (tmp_path / "file").write_text("not a folder")
    store = Store(str(tmp_path / place), LARGE)
    assert store.put(key_of(0), result_of(0)) is False
    assert store.get(key_of(0)) is None
    assert "can't keep" in caplog.text
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.parametrize("step", ["makedirs", "pipe_file", "replace"])
def test_on_a_full_disk_nothing_is_stored_and_the_rest_stays_readable(
    step, store, monkeypatch, caplog
):
    store.put(key_of(0), result_of(0))
    with monkeypatch.context() as patch:
        patch.setattr(os if step == "replace" else LocalFileSystem, step, disk_full)
        assert store.put(key_of(1), result_of(1)) is False
    assert "No space left on device" in caplog.text
    assert key_of(1) in caplog.text
    assert_same(store.get(key_of(0)), result_of(0))
    assert store.get(key_of(1)) is None
    assert store.put(key_of(1), result_of(1))


@pytest.mark.parametrize("step", ["pipe_file", "replace"])
def test_a_failed_write_leaves_no_file(step, store, folder: Path, monkeypatch):
    write = LocalFileSystem.pipe_file

    def write_half(files, path, data, **_):
        write(files, path, data[: len(data) // 2])
        disk_full()

    if step == "replace":
        monkeypatch.setattr(os, "replace", disk_full)
    else:
        monkeypatch.setattr(LocalFileSystem, "pipe_file", write_half)
    assert store.put(key_of(0), result_of(0)) is False
    assert not files_in(folder)


def test_an_unreadable_entry_is_missing_with_a_warning(store, monkeypatch, caplog):
    store.put(key_of(0), result_of(0))
    monkeypatch.setattr(LocalFileSystem, "cat_file", disk_full)
    assert store.get(key_of(0)) is None
    assert key_of(0) in caplog.text


def test_a_result_is_returned_even_if_its_use_cannot_be_recorded(store, monkeypatch):
    store.put(key_of(0), result_of(0))
    monkeypatch.setattr(LocalFileSystem, "touch", disk_full)
    assert_same(store.get(key_of(0)), result_of(0))


def test_an_entry_that_cannot_be_removed_is_logged(folder, monkeypatch, caplog):
    store = Store(str(folder), 2 * ENTRY_BYTES)
    monkeypatch.setattr(LocalFileSystem, "rm_file", disk_full)
    for number in range(3):
        assert store.put(key_of(number), result_of(number))
    assert "can't remove" in caplog.text


def test_a_remote_store_that_refuses_writes_stores_nothing_and_warns(
    remote_url, monkeypatch, caplog
):
    store = Store(remote_url, LARGE)
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", disk_full)
    assert store.put(key_of(0), result_of(0)) is False
    assert store.get(key_of(0)) is None
    assert "can't keep" in caplog.text


def test_error_types_of_a_driver_are_handled_too(remote_url, monkeypatch):
    store = Store(remote_url, LARGE)

    def refuse(*_, **__):
        raise RuntimeError("no such credentials")

    for step in ("cat_file", "pipe_file"):
        monkeypatch.setattr(type(store._files), step, refuse)
    assert store.put(key_of(0), result_of(0)) is False
    assert store.get(key_of(0)) is None
