"""Results for the tests of the store, and the files in which a store has them."""

import hashlib
from pathlib import Path

import numpy as np

from core.workbench.recipes import StoredResult
from core.workbench.store import Store, encode

# A limit that no test reaches, in bytes.
LARGE = 10_000_000
# One array of each kind that a result may have.
ARRAYS = {
    "half": np.linspace(-2, 2, 12, dtype=np.float16).reshape(3, 4),
    "single": np.array([[1.5, -0.0, np.nan, np.inf]], np.float32),
    "double": np.full((2, 1, 3), np.pi),
    "complex": np.array([1 + 2j, -3j], np.complex64),
    "small integers": np.array([-128, 127], np.int8),
    "large integers": np.array([2**63 - 1, -(2**63)], np.int64),
    "booleans": np.array([[True, False]]),
    "text": np.array(["grün", "", "blue"]),
    "grey": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "with alpha": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
    "pictures": np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3),
    "Fortran order": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "with strides": np.arange(12)[::2],
    "big-endian": np.arange(4, dtype=">i4"),
    "blocks.3.2/conv": np.zeros(2),
    "scalar": np.array(0.25, np.float32),
    "no rows": np.empty((0, 7), np.float32),
    "empty picture": np.empty((0, 5, 3), np.uint8),
}
# A result with an array and a picture.
WITH_PICTURE = StoredResult(
    {"values": np.arange(6.0), "shown": np.arange(60, dtype=np.uint8).reshape(4, 5, 3)},
    {"device": "cpu"},
)


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def result_of(number: int, values: int = 125) -> StoredResult:
    return StoredResult({"values": np.full(values, float(number))}, {"number": number})


# Bytes of an entry with a result of `result_of`.
ENTRY_BYTES = len(encode(result_of(1)))


def assert_same(result: StoredResult | None, expected: StoredResult) -> None:
    assert result is not None
    assert result.record == expected.record
    assert result.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert result.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(result.arrays[name], array, strict=True)


def are_stored(store: Store, count: int) -> list[bool]:
    """Return whether the store has each of the first `count` keys. Reading counts as a use."""
    return [store.get(key_of(number)) is not None for number in range(count)]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def file_of(folder: Path, key: str) -> Path:
    (path,) = (path for path in files_in(folder) if key in path.name)
    return path


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_in(folder))


def disk_full(*_: object, **__: object) -> None:
    """Raise the error of a full disk; replaces a function of the file system."""
    raise OSError(28, "No space left on device")
