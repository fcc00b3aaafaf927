"""Several stores on one folder, and several threads on one store."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.workbench.store import Store
from tests.workbench.store.entries import (
    ENTRY_BYTES,
    LARGE,
    are_stored,
    assert_same,
    bytes_in,
    files_in,
    key_of,
    result_of,
)

THREADS = 4


def test_two_stores_on_one_folder_share_their_results(folder):
    first, second = (Store(str(folder), LARGE) for _ in range(2))
    first.put(key_of(0), result_of(0))
    second.put(key_of(1), result_of(1))
    assert_same(second.get(key_of(0)), result_of(0))
    assert_same(first.get(key_of(1)), result_of(1))


def test_entries_removed_by_another_process_are_missing_without_a_warning(folder, caplog):
    writer, other = (Store(str(folder), 5 * ENTRY_BYTES) for _ in range(2))
    for number in range(5):
        writer.put(key_of(number), result_of(number))
    reopened = Store(str(folder), 5 * ENTRY_BYTES)
    for path in files_in(folder):
        path.unlink()
    for store in (writer, other, reopened):
        assert are_stored(store, 5) == [False] * 5
        for number in range(10, 20):
            assert store.put(key_of(number), result_of(number))
        assert_same(store.get(key_of(19)), result_of(19))
    assert not caplog.records


@pytest.fixture
def _frequent_thread_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_frequent_thread_switches")
@pytest.mark.parametrize("place", ["folder", "remote_url"])
def test_threads_that_write_and_read_a_key_see_complete_results(place, request, caplog):
    url = str(request.getfixturevalue(place))
    stores = [Store(url, LARGE) for _ in range(2)]
    stores[0].put(key_of(0), result_of(0, 5000))
    start = threading.Barrier(THREADS)

    def write_or_read(thread: int) -> None:
        start.wait()
        for turn in range(30):
            store = stores[turn % 2]
            if thread % 2:
                assert store.put(key_of(0), result_of(thread, 5000))
            else:
                result = store.get(key_of(0))
                assert_same(result, result_of(result.record["number"], 5000))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write_or_read, range(THREADS)))
    assert not caplog.records


@pytest.mark.usefixtures("_frequent_thread_switches")
def test_threads_may_fill_a_store_beyond_its_limit_at_once(folder):
    store = Store(str(folder), 5 * ENTRY_BYTES)

    def write_or_read(thread: int) -> None:
        random = np.random.default_rng(thread)
        for _ in range(40):
            number = int(random.integers(12))
            if random.random() < 0.5:
                assert store.put(key_of(number), result_of(number))
            elif result := store.get(key_of(number)):
                assert_same(result, result_of(number))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write_or_read, range(THREADS)))
    assert bytes_in(folder) <= 5 * ENTRY_BYTES
