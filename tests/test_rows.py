"""Rows by picture: what is known is never computed again, and what is lost is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.recipes import Recipe, Result
from core.rows import SHELVES, NoPictures, Rows, completed_steps
from core.steps import Progress, drain
from core.store import Store
from tests.held_set import HeldSet

KIND = Recipe("features", 1, model="m", weights_id="w", layer="early")
BATCH = 4


def held(*colours: int) -> HeldSet:
    return HeldSet("some", [Image.new("RGB", (2, 2), (colour, 0, 0)) for colour in colours])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"), 10_000_000)


class Reading:
    """A task that makes a picture's row of its red, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], int]] = []

    def steps(self, recipes, inputs):
        (chosen,) = inputs[0]
        assert all(given == inputs[0] for given in inputs)
        self.calls.append(([recipe.layer for recipe in recipes], len(chosen)))
        yield Progress(0, 1, note="loading")
        rows = np.array([self.row(chosen, index) for index in range(len(chosen))], np.float32)
        for start in range(0, len(chosen), BATCH):
            shown = [rows[start : start + BATCH] * scale(recipe) for recipe in recipes]
            yield Progress(min(start + BATCH, len(chosen)), len(chosen), preview=shown)
        return [Result({"rows": rows * scale(recipe)}, {"by": "Reading"}) for recipe in recipes]

    def row(self, chosen, index: int) -> list[int]:
        red = chosen.image(index).getpixel((0, 0))[0]
        return [red, red + 1]


def scale(recipe: Recipe) -> int:
    return 10 if recipe.layer == "late" else 1


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def ask(store: Store, reading: Reading) -> Callable[..., list[Result]]:
    def answer(chosen: HeldSet, *layers: str) -> list[Result]:
        recipes = [replace(KIND, inputs=(chosen.reference,), layer=layer) for layer in layers]
        steps = completed_steps(store, recipes, [[chosen]] * len(recipes), reading.steps)
        return drain(steps)

    return answer


def reds(result: Result) -> list[float]:
    return result.arrays["rows"][:, 0].tolist()


def test_what_was_kept_is_found_and_nothing_else(store: Store):
    kept = {f"picture {index}": np.full(3, index, np.float32) for index in range(40)}
    Rows(store, KIND).keep(kept)
    found = Rows(store, KIND).find([*list(kept)[::2], "another"])
    assert found.keys() == set(list(kept)[::2])
    for key, row in found.items():
        np.testing.assert_array_equal(row, kept[key])
    assert Rows(store, replace(KIND, layer="late")).find(list(kept)) == {}


def test_rows_lie_packed(store: Store, tmp_path: Path):
    rows = Rows(store, KIND)
    rows.keep({f"picture {index}": np.zeros(3, np.float32) for index in range(500)})
    rows.keep({"one more": np.ones(3, np.float32)})
    assert len(list(tmp_path.rglob("*.npz"))) == SHELVES
    assert len(rows.find([f"picture {index}" for index in range(500)] + ["one more"])) == 501


def test_a_damaged_shelf_is_rows_to_be_computed_anew(store: Store, tmp_path: Path, ask, reading):
    chosen = held(*range(60))
    (before,) = ask(chosen, "early")
    next(tmp_path.rglob("*.npz")).write_bytes(b"no zip")
    (after,) = ask(chosen, "early")
    np.testing.assert_array_equal(after.arrays["rows"], before.arrays["rows"])
    assert 0 < reading.calls[1][1] < 30
    ask(chosen, "early")
    assert len(reading.calls) == 2


def test_rows_of_another_length_give_way(store: Store):
    rows = Rows(store, KIND)
    rows.keep({"a": np.zeros(3, np.float32)})
    for key in "abcdefghijklmnopqrstuvwxyz":
        rows.keep({key: np.ones(5, np.float32)})
    assert {len(row) for row in rows.find("abcdefghijklmnopqrstuvwxyz").values()} == {5}


def test_one_picture_more_costs_one_picture(ask, reading: Reading):
    (first,) = ask(held(1, 2, 3, 4, 5), "early")
    (second,) = ask(held(5, 9, 1, 2, 3, 4), "early")
    assert reds(first) == [1, 2, 3, 4, 5]
    assert reds(second) == [5, 9, 1, 2, 3, 4]
    assert reading.calls == [(["early"], 5), (["early"], 1)]
    assert (first.record["computed"], second.record["computed"]) == (5, 1)
    assert first.record["by"] == "Reading"


def test_a_set_whose_pictures_are_known_costs_nothing(ask, reading: Reading):
    ask(held(1, 2, 3), "early")
    (part,) = ask(held(3, 1), "early")
    assert reds(part) == [3, 1]
    assert len(reading.calls) == 1


def test_layers_are_computed_together_and_only_those_that_lack_something(ask, reading: Reading):
    ask(held(1, 2), "early")
    early, late = ask(held(1, 2), "early", "late")
    assert (reds(early), reds(late)) == ([1, 2], [10, 20])
    early, late = ask(held(1, 2, 3), "early", "late")
    assert (reds(early), reds(late)) == ([1, 2, 3], [10, 20, 30])
    assert reading.calls == [(["early"], 2), (["late"], 2), (["early", "late"], 1)]


def test_a_picture_that_is_there_twice_is_computed_once(ask, reading: Reading):
    (found,) = ask(held(7, 7, 8, 7), "early")
    assert reds(found) == [7, 7, 8, 7]
    assert reading.calls == [(["early"], 2)]


def test_sets_of_one_call_are_kept_apart(store: Store, reading: Reading):
    one, other = held(1, 2), held(2, 3)
    other.reference = "held:other"
    recipes = [replace(KIND, inputs=(chosen.reference,)) for chosen in (one, other, one)]
    recipes[2] = replace(recipes[2], layer="late")
    results = drain(completed_steps(store, recipes, [[one], [other], [one]], reading.steps))
    assert [reds(result) for result in results] == [[1, 2], [2, 3], [10, 20]]


def test_what_was_computed_before_a_cancel_is_kept(store: Store, ask, reading: Reading):
    chosen = held(*range(10))
    recipe = replace(KIND, inputs=(chosen.reference,), layer="early")
    steps = completed_steps(store, [recipe], [[chosen]], reading.steps)
    told = [next(steps) for _ in range(3)]  # loading, and two batches
    steps.close()
    assert told[-1].step == 2 * BATCH
    ask(chosen, "early")
    assert reading.calls[1] == (["early"], 10 - 2 * BATCH)


def test_what_was_computed_before_a_failure_is_kept(ask, reading: Reading, monkeypatch):
    def broken(self, recipes, inputs):
        steps = Reading.steps(self, recipes, inputs)
        yield next(steps)
        yield next(steps)
        raise ArithmeticError

    with monkeypatch.context() as patched, pytest.raises(ArithmeticError):
        patched.setattr(reading, "steps", broken.__get__(reading))
        ask(held(*range(6)), "early")
    ask(held(*range(6)), "early")
    assert reading.calls[1] == (["early"], 6 - BATCH)


def test_a_long_computation_is_kept_as_it_goes(store: Store, reading: Reading, monkeypatch):
    monkeypatch.setattr("core.rows.HELD", BATCH)
    chosen = held(*range(9))
    recipe = replace(KIND, inputs=(chosen.reference,), layer="early")
    steps = completed_steps(store, [recipe], [[chosen]], reading.steps)
    next(steps), next(steps)
    assert len(Rows(store, replace(recipe, inputs=())).find(chosen.keys)) == BATCH


def test_a_set_without_pictures_is_refused(ask):
    with pytest.raises(NoPictures, match="choose a set"):
        ask(held(), "early")
