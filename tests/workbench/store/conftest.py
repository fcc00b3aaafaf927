from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from core.workbench.store import Store
from tests.workbench.store.entries import LARGE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(str(folder), LARGE)


@pytest.fixture
def remote_url() -> Iterator[str]:
    yield "memory://zooscope-test-store/results"
    files = fsspec.filesystem("memory")
    if files.exists("/zooscope-test-store"):
        files.rm("/zooscope-test-store", recursive=True)
