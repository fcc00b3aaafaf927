"""Files are written whole or not at all."""

import errno
from pathlib import Path

import pytest

from core.atomic_file import write_atomically


def test_a_file_is_replaced(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_on_a_full_disk_the_old_file_stays(tmp_path, monkeypatch):
    write_atomically(tmp_path / "a", b"old")
    whole = Path.write_bytes

    def write_half(self, data):
        whole(self, data[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_gone_is_not_made_again(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "gone" / "a", b"new")
    assert not (tmp_path / "gone").exists()
