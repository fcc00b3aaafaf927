"""The store returns what was stored, from a folder and from a bucket."""

import json
import sys
import zipfile

import numpy as np
import pytest

from core.settings import BadSetting
from core.workbench.recipes import StoredResult
from core.workbench.store import Store, decode, encode
from tests.workbench.store.entries import (
    ARRAYS,
    LARGE,
    are_stored,
    assert_same,
    file_of,
    files_in,
    key_of,
    result_of,
)


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_returned_as_it_was_stored(name, store):
    result = StoredResult({name: ARRAYS[name]})
    assert store.put(key_of(0), result)
    assert_same(store.get(key_of(0)), result)


def test_many_arrays_are_returned_with_their_record(store):
    record = {"device": "cpu", "seconds": 0.5, "versions": {"torch": "2"}, "parts": [1, None, "é"]}
    result = StoredResult(ARRAYS, record)
    assert store.put(key_of(0), result)
    assert_same(store.get(key_of(0)), result)


def test_a_result_may_have_no_arrays(store):
    result = StoredResult({}, {"note": "no arrays"})
    store.put(key_of(0), result)
    assert_same(store.get(key_of(0)), result)


def test_decode_is_the_inverse_of_encode():
    result = StoredResult(ARRAYS, {"device": "cpu"})
    assert_same(decode(encode(result)), result)


def test_pictures_are_stored_as_lossless_png(store, folder):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    store.put(key_of(0), StoredResult({"shown": pixels}))
    assert_same(store.get(key_of(0)), StoredResult({"shown": pixels}))
    with zipfile.ZipFile(file_of(folder, key_of(0))) as entry:
        assert entry.read("shown.png").startswith(b"\x89PNG")


def test_numpy_opens_the_file_of_an_entry(store, folder):
    store.put(key_of(0), StoredResult({"features": np.eye(3)}, {"device": "cpu"}))
    with np.load(file_of(folder, key_of(0)), allow_pickle=False) as entry:
        np.testing.assert_array_equal(entry["features"], np.eye(3))
        assert json.loads(entry["record.json"])["record"] == {"device": "cpu"}


def test_a_later_result_replaces_an_earlier_one(store, folder):
    store.put(key_of(0), result_of(1))
    store.put(key_of(0), result_of(2))
    assert_same(store.get(key_of(0)), result_of(2))
    assert len(files_in(folder)) == 1


def test_a_reopened_store_has_the_results(store, folder):
    store.put(key_of(0), result_of(0))
    assert_same(Store(str(folder), LARGE).get(key_of(0)), result_of(0))


def test_an_unknown_key_is_missing_without_a_warning(store, caplog):
    store.put(key_of(0), result_of(0))
    assert store.get(key_of(1)) is None
    assert not caplog.records


def test_an_array_of_objects_is_refused(store, folder):
    with pytest.raises(ValueError, match="allow_pickle"):
        store.put(key_of(0), StoredResult({"objects": np.array([{}, []], object)}))
    assert not files_in(folder)


def test_a_remote_store_returns_results(remote_url):
    result = StoredResult(ARRAYS, {"device": "cpu"})
    assert Store(remote_url, LARGE).put(key_of(0), result)
    assert_same(Store(remote_url, LARGE).get(key_of(0)), result)
    assert Store(remote_url, LARGE).get(key_of(1)) is None


def test_a_remote_store_ignores_the_limit(remote_url):
    store = Store(remote_url, limit=1)
    for number in range(10):
        assert store.put(key_of(number), result_of(number))
    assert are_stored(store, 10) == [True] * 10
    assert are_stored(Store(remote_url, limit=1), 10) == [True] * 10


@pytest.mark.parametrize("url", ["nosuch://bucket/x", "s3://bucket/x"])
def test_a_url_that_cannot_be_opened_raises_an_error_with_the_setting(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as if it were not installed
    with pytest.raises(BadSetting, match="ZOOSCOPE_STORE"):
        Store(url, LARGE)
