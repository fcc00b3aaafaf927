"""Rows are stored by picture; only pictures without a stored row are computed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.steps import Progress, drain
from core.workbench import row_store
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.row_store import ENTRIES, NoPictures, RowStore, complete_steps
from core.workbench.store import Store
from core.workbench.task import Call
from tests.held_set import InMemorySet

KIND = Recipe("features", 1, model="m", weights_id="w", layer="early")
BATCH = 4


def pictures_of(*colours: int) -> InMemorySet:
    return InMemorySet("reds", [Image.new("RGB", (2, 2), (colour, 0, 0)) for colour in colours])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"), 10_000_000)


class Reading:
    """A task whose rows have the red value of each picture. It records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], int]] = []

    def steps(self, call: Call):
        recipes, pictures = call.recipes, call.picture_sets()[0]
        assert all(inputs == call.inputs[0] for inputs in call.inputs)
        self.calls.append(([recipe.layer for recipe in recipes], len(pictures)))
        yield Progress(0, 1, note="loading")
        rows = np.array([self.row(pictures, index) for index in range(len(pictures))], np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = [rows[start : start + BATCH] * scale(recipe) for recipe in recipes]
            yield Progress(min(start + BATCH, len(pictures)), len(pictures), preview=batch)
        return [
            StoredResult({"rows": rows * scale(recipe)}, {"by": "Reading"}) for recipe in recipes
        ]

    def row(self, pictures, index: int) -> list[int]:
        red = pictures.image(index).getpixel((0, 0))[0]
        return [red, red + 1]


def scale(recipe: Recipe) -> int:
    return 10 if recipe.layer == "late" else 1


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def ask(store: Store, reading: Reading) -> Callable[..., list[StoredResult]]:
    def answer(pictures: InMemorySet, *layers: str) -> list[StoredResult]:
        recipes = [replace(KIND, inputs=(pictures.reference,), layer=layer) for layer in layers]
        steps = complete_steps(store, Call(recipes, [[pictures]] * len(recipes)), reading.steps)
        return drain(steps)

    return answer


def reds(result: StoredResult) -> list[float]:
    return result.arrays["rows"][:, 0].tolist()


def test_get_returns_only_stored_rows(store: Store):
    stored = {f"picture {index}": np.full(3, index, np.float32) for index in range(40)}
    RowStore(store, KIND).put(stored)
    rows = RowStore(store, KIND).get([*list(stored)[::2], "unknown"])
    assert rows.keys() == set(list(stored)[::2])
    for key, row in rows.items():
        np.testing.assert_array_equal(row, stored[key])
    assert RowStore(store, replace(KIND, layer="late")).get(list(stored)) == {}


def test_rows_are_packed_into_few_entries(store: Store, tmp_path: Path):
    rows = RowStore(store, KIND)
    rows.put({f"picture {index}": np.zeros(3, np.float32) for index in range(500)})
    rows.put({"one more": np.ones(3, np.float32)})
    assert len(list(tmp_path.rglob("*.npz"))) == ENTRIES
    assert len(rows.get([f"picture {index}" for index in range(500)] + ["one more"])) == 501


def test_the_rows_of_a_damaged_entry_are_computed_again(store: Store, tmp_path: Path, ask, reading):
    pictures = pictures_of(*range(60))
    (before,) = ask(pictures, "early")
    next(tmp_path.rglob("*.npz")).write_bytes(b"no zip")
    (after,) = ask(pictures, "early")
    np.testing.assert_array_equal(after.arrays["rows"], before.arrays["rows"])
    assert 0 < reading.calls[1][1] < 30
    ask(pictures, "early")
    assert len(reading.calls) == 2


def test_stored_rows_of_another_length_are_replaced(store: Store):
    rows = RowStore(store, KIND)
    rows.put({"a": np.zeros(3, np.float32)})
    for key in "abcdefghijklmnopqrstuvwxyz":
        rows.put({key: np.ones(5, np.float32)})
    assert {len(row) for row in rows.get("abcdefghijklmnopqrstuvwxyz").values()} == {5}


def test_a_set_with_one_new_picture_computes_one_picture(ask, reading: Reading):
    (first,) = ask(pictures_of(1, 2, 3, 4, 5), "early")
    (second,) = ask(pictures_of(5, 9, 1, 2, 3, 4), "early")
    assert reds(first) == [1, 2, 3, 4, 5]
    assert reds(second) == [5, 9, 1, 2, 3, 4]
    assert reading.calls == [(["early"], 5), (["early"], 1)]
    assert (first.record["computed"], second.record["computed"]) == (5, 1)
    assert first.record["by"] == "Reading"


def test_a_set_of_known_pictures_computes_nothing(ask, reading: Reading):
    ask(pictures_of(1, 2, 3), "early")
    (part,) = ask(pictures_of(3, 1), "early")
    assert reds(part) == [3, 1]
    assert len(reading.calls) == 1


def test_only_incomplete_layers_are_computed_and_together(ask, reading: Reading):
    ask(pictures_of(1, 2), "early")
    early, late = ask(pictures_of(1, 2), "early", "late")
    assert (reds(early), reds(late)) == ([1, 2], [10, 20])
    early, late = ask(pictures_of(1, 2, 3), "early", "late")
    assert (reds(early), reds(late)) == ([1, 2, 3], [10, 20, 30])
    assert reading.calls == [(["early"], 2), (["late"], 2), (["early", "late"], 1)]


def test_a_picture_that_occurs_twice_in_a_set_is_computed_once(ask, reading: Reading):
    (rows,) = ask(pictures_of(7, 7, 8, 7), "early")
    assert reds(rows) == [7, 7, 8, 7]
    assert reading.calls == [(["early"], 2)]


def test_each_set_of_a_call_gets_its_own_rows(store: Store, reading: Reading):
    first, second = pictures_of(1, 2), pictures_of(2, 3)
    second.reference = "held:other reds"
    recipes = [replace(KIND, inputs=(pictures.reference,)) for pictures in (first, second, first)]
    recipes[2] = replace(recipes[2], layer="late")
    results = drain(
        complete_steps(store, Call(recipes, [[first], [second], [first]]), reading.steps)
    )
    assert [reds(result) for result in results] == [[1, 2], [2, 3], [10, 20]]


def test_rows_computed_before_a_cancel_are_stored(store: Store, ask, reading: Reading):
    pictures = pictures_of(*range(10))
    recipe = replace(KIND, inputs=(pictures.reference,), layer="early")
    steps = complete_steps(store, Call([recipe], [[pictures]]), reading.steps)
    reported = [next(steps) for _ in range(3)]  # loading, and two batches
    steps.close()
    assert reported[-1].step == 2 * BATCH
    ask(pictures, "early")
    assert reading.calls[1] == (["early"], 10 - 2 * BATCH)


def test_rows_computed_before_a_failure_are_stored(ask, reading: Reading, monkeypatch):
    def fail_after_one_batch(self, call):
        steps = Reading.steps(self, call)
        yield next(steps)
        yield next(steps)
        raise ArithmeticError

    with monkeypatch.context() as patched, pytest.raises(ArithmeticError):
        patched.setattr(reading, "steps", fail_after_one_batch.__get__(reading))
        ask(pictures_of(*range(6)), "early")
    ask(pictures_of(*range(6)), "early")
    assert reading.calls[1] == (["early"], 6 - BATCH)


def test_rows_are_stored_during_a_long_computation(store: Store, reading: Reading, monkeypatch):
    monkeypatch.setattr("core.workbench.row_store.STORE_EVERY", BATCH)
    pictures = pictures_of(*range(9))
    recipe = replace(KIND, inputs=(pictures.reference,), layer="early")
    steps = complete_steps(store, Call([recipe], [[pictures]]), reading.steps)
    while next(steps).step < 2 * BATCH:
        pass
    assert len(RowStore(store, replace(recipe, inputs=())).get(pictures.keys)) == BATCH


def test_an_empty_set_is_refused(ask):
    with pytest.raises(NoPictures, match="choose a set"):
        ask(pictures_of(), "early")


def test_each_entry_that_is_written_is_a_step(store: Store, reading: Reading, monkeypatch):
    """Writing all rows of a large set takes seconds, for which others would have to wait."""
    monkeypatch.setattr(row_store, "STORE_EVERY", 40)
    written: list[str] = []
    put = store.put

    def recording_put(key: str, result: StoredResult) -> bool:
        written.append(key)
        return put(key, result)

    monkeypatch.setattr(store, "put", recording_put)
    pictures = pictures_of(*range(100))
    recipe = replace(KIND, inputs=(pictures.reference,))
    steps = complete_steps(store, Call([recipe], [[pictures]]), reading.steps)
    written_in_step = []
    while True:
        before = len(written)
        try:
            next(steps)
        except StopIteration:
            break
        finally:
            written_in_step.append(len(written) - before)
    assert max(written_in_step) == 1
    assert len(written) >= 2 * ENTRIES
