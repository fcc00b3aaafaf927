"""Stores results by picture, so that a set with new pictures computes only their rows.

The rows of a recipe without its pictures (its kind) are spread over a few store entries; the key of
a picture determines its entry. There is no index that could become inconsistent: rows whose entry
is damaged, removed, or overwritten by another server are computed again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from jaxtyping import Float

from core.errors import ZooscopeError
from core.sets import PictureSet
from core.sets.subset import Subset
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.store import Store
from core.workbench.task import Call

# Entries of each kind. A new picture rewrites one of them, a sixteenth of all rows.
ENTRIES = 16
# Number of computed rows after which they are stored: a crash loses no more.
STORE_EVERY = 1024

# Rows of several recipes, such as those of several layers, differ in length.
Row = Float[np.ndarray, " _"]
RowsByPicture = dict[str, Row]
Compute = Callable[[Call], Steps[list[StoredResult]]]


class NoPictures(ZooscopeError):
    """A picture set is empty."""


class RowStore:
    """The stored rows of one kind, by picture key.

    Args:
        store: The store.
        kind: A recipe without inputs.
    """

    def __init__(self, store: Store, kind: Recipe[Any]):
        self._store = store
        self._kind = kind.key

    def get(self, keys: Sequence[str]) -> RowsByPicture:
        """Return the stored rows of these pictures; pictures without a row are left out."""
        rows: RowsByPicture = {}
        for entry, keys_of_entry in _by_entry(keys).items():
            stored = self._read(entry)
            rows |= {key: stored[key] for key in keys_of_entry if key in stored}
        return rows

    def put(self, rows: Mapping[str, Row]) -> None:
        """Store rows by picture key, in addition to the stored ones."""
        for _ in self.put_steps(rows):
            pass

    def put_steps(self, rows: Mapping[str, Row]) -> Iterator[None]:
        """Store rows as `put` does, and yield before each entry that is written."""
        for entry, keys in _by_entry(rows).items():
            yield
            new = {key: rows[key] for key in keys}
            merged = self._read(entry) | new
            if len({len(row) for row in merged.values()}) > 1:  # the stored ones are outdated
                merged = new
            arrays = {"keys": np.array(list(merged)), "rows": np.stack(list(merged.values()))}
            self._store.put(self._key(entry), StoredResult(arrays))

    def _read(self, entry: str) -> RowsByPicture:
        stored = self._store.get(self._key(entry))
        if stored is None:
            return {}
        keys, rows = stored.arrays["keys"], stored.arrays["rows"]
        return dict(zip(keys.tolist(), rows, strict=True))

    def _key(self, entry: str) -> str:
        return hashlib.sha256(f"{self._kind}\0{entry}".encode()).hexdigest()


def complete_steps(store: Store, call: Call, compute: Compute) -> Steps[list[StoredResult]]:
    """Return the rows of whole sets, and compute only those that are not stored.

    Args:
        store: The store of the rows.
        call: Recipes of a task that is `by_picture`; each has a picture set as its only input.
        compute: Computes such a call for a part of a set. The preview of its progress has the rows
            of the latest batch, for each recipe.

    Raises:
        NoPictures: A set is empty.
    """
    results: dict[str, StoredResult] = {}
    sets = dict(zip((recipe.inputs for recipe in call.recipes), call.picture_sets(), strict=True))
    for recipes in _by_set(call.recipes):
        rows = yield from _rows_of_set(store, recipes, sets[recipes[0].inputs], compute)
        results |= {recipe.key: result for recipe, result in zip(recipes, rows, strict=True)}
    return [results[recipe.key] for recipe in call.recipes]


def _rows_of_set(
    store: Store, recipes: Sequence[Recipe[Any]], pictures: PictureSet, compute: Compute
) -> Steps[list[StoredResult]]:
    if not pictures.keys:
        raise NoPictures(f"{pictures.name} has no pictures; choose a set that has some.")
    stores = {recipe: RowStore(store, replace(recipe, inputs=())) for recipe in recipes}
    rows = {}
    for index, (recipe, kind) in enumerate(stores.items()):
        if index:
            yield Progress(index, len(stores), note="reading what is stored")
        rows[recipe] = kind.get(pictures.keys)
    # A picture that occurs twice in a set is computed once.
    positions = {key: index for index, key in enumerate(pictures.keys)}
    incomplete = [recipe for recipe in recipes if positions.keys() - rows[recipe].keys()]
    missing = [
        positions[key] for key in positions if any(key not in rows[recipe] for recipe in incomplete)
    ]
    records: dict[Recipe[Any], Mapping[str, Any]] = {}
    if missing:
        part = Subset(pictures, missing)
        steps = compute(Call(incomplete, [[part]] * len(incomplete)))
        computed = yield from _store_while_computing(
            steps, [stores[recipe] for recipe in incomplete], part.keys
        )
        for recipe, result in zip(incomplete, computed, strict=True):
            rows[recipe] |= dict(zip(part.keys, result.arrays["rows"], strict=True))
            records[recipe] = result.record
    return [
        StoredResult(
            {"rows": np.stack([rows[recipe][key] for key in pictures.keys])},
            {**records.get(recipe, {}), "computed": len(missing) if recipe in incomplete else 0},
        )
        for recipe in recipes
    ]


def _store_while_computing(
    steps: Steps[list[StoredResult]], stores: Sequence[RowStore], keys: Sequence[str]
) -> Steps[list[StoredResult]]:
    """Run a computation and store its rows as they are computed, also if it is cancelled.

    Every entry that is written is a step of its own, since all rows of a large set take seconds.
    """
    pending = _PendingRows(stores, keys)
    try:
        while True:
            try:
                progress = next(steps)
            except StopIteration as stop:
                results: list[StoredResult] = stop.value
                break
            pending.add(progress.preview)
            progress = replace(progress, preview=None)
            yield progress
            if pending.count >= STORE_EVERY:
                yield from (progress for _ in pending.store_steps())
        yield from (progress for _ in pending.store_steps())
        return results
    finally:
        steps.close()
        for _ in pending.store_steps():
            pass


class _PendingRows:
    """Rows that were computed and are not stored yet.

    Args:
        stores: The store of each recipe's rows.
        keys: The keys of the pictures, in the order in which they are computed.
    """

    def __init__(self, stores: Sequence[RowStore], keys: Sequence[str]):
        self._stores = stores
        self._keys = iter(keys)
        self._rows: list[RowsByPicture] = [{} for _ in stores]

    @property
    def count(self) -> int:
        """Number of pictures with rows that are not stored."""
        return len(self._rows[0])

    def add(self, batch: Sequence[Iterable[Row]] | None) -> None:
        """Add the rows of the next pictures, for each recipe; none where `batch` is None."""
        if batch is None:
            return
        by_recipe = [list(rows) for rows in batch]
        keys = list(islice(self._keys, len(by_recipe[0])))
        for pending, rows in zip(self._rows, by_recipe, strict=True):
            pending.update(zip(keys, rows, strict=True))

    def store_steps(self) -> Iterator[None]:
        """Store all rows, and yield before each entry that is written."""
        for store, rows in zip(self._stores, self._rows, strict=True):
            yield from store.put_steps(rows)
        for rows in self._rows:
            rows.clear()


def _by_set(recipes: Sequence[Recipe[Any]]) -> Iterator[list[Recipe[Any]]]:
    groups: defaultdict[object, list[Recipe[Any]]] = defaultdict(list)
    for recipe in recipes:
        groups[recipe.inputs].append(recipe)
    yield from groups.values()


def _by_entry(keys: Iterable[str]) -> Mapping[str, list[str]]:
    """Group picture keys by the store entry of their rows."""
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        digest = hashlib.sha256(key.encode()).digest()
        entries[f"{digest[0] % ENTRIES:x}"].append(key)
    return entries
