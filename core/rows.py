"""Results of one row a picture, kept by picture: a set that grows costs its new ones only.

Rows of one kind (a recipe without its pictures) lie on a few shelves, each an entry of the store;
a picture's key decides which. Nothing else says what is where, so that nothing can fall out of
step: a shelf that is damaged, evicted, or written over by another server is rows computed anew.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import cast

import numpy as np
from jaxtyping import Float

from core.errors import ZooscopeError
from core.recipes import Input, Recipe, Result
from core.sets import PictureSet
from core.sets.part import Part
from core.steps import Progress, Steps, mapped
from core.store import Store

# One for each hexadecimal digit: a new picture costs a sixteenth of all to be written again.
SHELVES = 16
# Rows that are kept at once while more are computed: what a crash may cost.
HELD = 1024

Row = Float[np.ndarray, " d"]
# By picture key.
Found = dict[str, Row]
Compute = Callable[[Sequence[Recipe], Sequence[Sequence[Input]]], Steps[list[Result]]]


class NoPictures(ZooscopeError):
    """A set is empty."""


class Rows:
    """The rows of one kind that a store holds.

    Args:
        store: Where they are.
        kind: What they are: a recipe without inputs.
    """

    def __init__(self, store: Store, kind: Recipe):
        self._store = store
        self._kind = kind.key

    def find(self, keys: Sequence[str]) -> Found:
        """The rows of these pictures, as far as they are known."""
        found: Found = {}
        for shelf, wanted in _shelved(keys).items():
            there = self._on(shelf)
            found |= {key: there[key] for key in wanted if key in there}
        return found

    def keep(self, rows: Mapping[str, Row]) -> None:
        """Keep rows by picture key, beside those that are there."""
        for shelf, keys in _shelved(rows).items():
            there = self._on(shelf) | {key: rows[key] for key in keys}
            lengths = {len(row) for row in there.values()}
            if len(lengths) > 1:  # what was there is of another making
                there = {key: rows[key] for key in keys}
            self._store.put(
                self._name(shelf),
                Result({"keys": np.array(list(there)), "rows": np.stack(list(there.values()))}),
            )

    def _on(self, shelf: str) -> Found:
        entry = self._store.get(self._name(shelf))
        if entry is None:
            return {}
        keys, rows = entry.arrays["keys"], entry.arrays["rows"]
        return dict(zip(keys.tolist(), rows, strict=True))

    def _name(self, shelf: str) -> str:
        return hashlib.sha256(f"{self._kind}\0{shelf}".encode()).hexdigest()


def completed_steps(
    store: Store,
    recipes: Sequence[Recipe],
    inputs: Sequence[Sequence[Input]],
    compute: Compute,
) -> Steps[list[Result]]:
    """The results of recipes, each of one set, of which only rows that are not known are computed.

    Args:
        store: Where rows are kept.
        recipes: Of one task whose results are `rows`, one a picture.
        inputs: The set of each.
        compute: Computes such recipes for a part of a set, each batch's rows for every recipe as
            the preview of its progress.

    Raises:
        NoPictures: A set has none.
    """
    results: dict[str, Result] = {}
    for group in _by_set(recipes):
        (chosen,) = inputs[recipes.index(group[0])]
        made = yield from _of_set(store, group, cast(PictureSet, chosen), compute)
        results |= {recipe.key: result for recipe, result in zip(group, made, strict=True)}
    return [results[recipe.key] for recipe in recipes]


def _of_set(
    store: Store, recipes: Sequence[Recipe], chosen: PictureSet, compute: Compute
) -> Steps[list[Result]]:
    if not chosen.keys:
        raise NoPictures(f"{chosen.name} has no pictures; choose a set that has some.")
    shelves = {recipe: Rows(store, replace(recipe, inputs=())) for recipe in recipes}
    found = {recipe: rows.find(chosen.keys) for recipe, rows in shelves.items()}
    # A picture that a set has twice is computed once.
    places = {key: index for index, key in enumerate(chosen.keys)}
    lacking = [recipe for recipe in recipes if places.keys() - found[recipe].keys()]
    missing = [places[key] for key in places if any(key not in found[one] for one in lacking)]
    records: dict[Recipe, Mapping[str, object]] = {}
    if missing:
        part = Part(chosen, missing)
        steps = compute(lacking, [[part]] * len(lacking))
        made = yield from _kept(steps, [shelves[recipe] for recipe in lacking], part.keys)
        for recipe, result in zip(lacking, made, strict=True):
            found[recipe] |= dict(zip(part.keys, result.arrays["rows"], strict=True))
            records[recipe] = result.record
    return [
        Result(
            {"rows": np.stack([found[recipe][key] for key in chosen.keys])},
            {**records.get(recipe, {}), "computed": len(missing) if recipe in lacking else 0},
        )
        for recipe in recipes
    ]


def _kept(
    steps: Steps[list[Result]], shelves: Sequence[Rows], keys: Sequence[str]
) -> Steps[list[Result]]:
    """The same computation; its rows are kept as they come, also of one that is broken off."""
    fresh: list[Found] = [{} for _ in shelves]
    coming = iter(keys)

    def put_away() -> None:
        for rows, some in zip(shelves, fresh, strict=True):
            rows.keep(some)
            some.clear()

    def tell(progress: Progress) -> Progress:
        if progress.preview is None:
            return progress
        batch = list(islice(coming, len(progress.preview[0])))
        for some, rows in zip(fresh, progress.preview, strict=True):
            some.update(zip(batch, rows, strict=True))
        if len(fresh[0]) >= HELD:
            put_away()
        return replace(progress, preview=None)

    try:
        return (yield from mapped(steps, tell))
    finally:
        put_away()


def _by_set(recipes: Sequence[Recipe]) -> Iterator[list[Recipe]]:
    groups: defaultdict[object, list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        groups[recipe.inputs].append(recipe)
    yield from groups.values()


def _shelved(keys: Iterable[str]) -> Mapping[str, list[str]]:
    """The shelf that each picture's row lies on."""
    shelves: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        digest = hashlib.sha256(key.encode()).digest()
        shelves[f"{digest[0] % SHELVES:x}"].append(key)
    return shelves
