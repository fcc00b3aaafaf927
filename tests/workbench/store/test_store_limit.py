"""A local store stays within its limit and removes the least recently used entries first."""

import os

import pytest

from core.workbench.store import Store
from tests.workbench.store.entries import (
    ENTRY_BYTES,
    LARGE,
    are_stored,
    assert_same,
    bytes_in,
    file_of,
    key_of,
    result_of,
)


def test_a_store_can_be_filled_up_to_its_limit(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(5):
        store.put(key_of(number), result_of(number))
    assert are_stored(store, 5) == [True] * 5


def test_a_store_never_exceeds_its_limit(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(20):
        assert store.put(key_of(number), result_of(number))
        assert bytes_in(folder) <= 5 * ENTRY_BYTES
        assert store.get(key_of(number)) is not None


def test_a_replaced_entry_counts_once(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(4):
        store.put(key_of(number), result_of(number))
    for _ in range(10):
        store.put(key_of(4), result_of(4))
    assert are_stored(store, 5) == [True] * 5


def test_the_least_recently_used_entries_are_removed_first(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(5):
        store.put(key_of(number), result_of(number))
    assert_same(store.get(key_of(0)), result_of(0))
    store.put(key_of(5), result_of(5))
    stored = are_stored(store, 6)
    assert stored[0]
    assert stored[5]
    assert not stored[1]


def test_a_reopened_store_knows_which_entries_were_used(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(5):
        store.put(key_of(number), result_of(number))
        os.utime(file_of(folder, key_of(number)), (1000 + number, 1000 + number))
    store.get(key_of(0))
    reopened = Store(str(folder), 5 * ENTRY_BYTES)
    reopened.put(key_of(5), result_of(5))
    stored = are_stored(reopened, 6)
    assert stored[0]
    assert stored[5]
    assert not stored[1]


def test_a_reopened_store_removes_the_oldest_entries_first(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)
    ages = [3, 1, 5, 2, 4]
    for number, age in enumerate(ages):
        store.put(key_of(number), result_of(number))
        os.utime(file_of(folder, key_of(number)), (9000 - age, 9000 - age))
    Store(str(folder), 3 * ENTRY_BYTES).put(key_of(5), result_of(5))
    stored = are_stored(Store(str(folder), LARGE), 6)
    assert stored[5]
    assert stored[1]
    assert not stored[2]
    assert not stored[4]


@pytest.mark.parametrize("values", [125, 550, 2000])
def test_put_returns_whether_the_result_was_stored(values, folder):
    """2000 values are larger than the whole store."""
    store = Store(str(folder), 5 * ENTRY_BYTES)
    for number in range(3):
        store.put(key_of(number), result_of(number))
    was_stored = store.put(key_of(9), result_of(9, values))
    assert was_stored == (store.get(key_of(9)) is not None)
    assert was_stored == (values < 2000)
    assert bytes_in(folder) <= 5 * ENTRY_BYTES


@pytest.mark.parametrize("name", ["thesis.txt", "photos/cat.jpg", "partners.csv", "data.npz"])
def test_files_of_others_are_never_removed(name, folder):
    """ZOOSCOPE_STORE may be a folder that has other files too."""
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(5000))
    store = Store(str(folder), limit=3000)
    for number in range(5):
        store.put(key_of(number), result_of(number))
    assert path.read_bytes() == bytes(5000)
