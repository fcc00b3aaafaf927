"""The standard error of CKA: as a slow jackknife says, and as fresh pictures would show it."""

import numpy as np
import pytest

from core import compare
from core.compare import Grams
from core.compare.cka import _entries, _gram, even

RANDOM = np.random.default_rng(0)


def grams_of(*features: np.ndarray, batch: int = 8) -> Grams:
    """Gram matrices of features that are at hand, a layer each."""
    runs = even(np.arange(len(features[0])), batch)
    rows = [np.concatenate([_entries(_gram(x[run])) for run in runs]) for x in features]
    names = tuple(f"layer{index}" for index in range(len(features)))
    return Grams(names, np.stack(rows).astype(np.float32), tuple(len(run) for run in runs))


def related(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of two layers that have something in common."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(count, 4))
    return tuple(np.hstack([shared, random.normal(size=(count, 4))]) for _ in range(2))


def test_it_is_what_leaving_out_each_batch_in_turn_gives():
    a, b = related(26, seed=1)  # batches of 7, 7, 6 and 6
    runs = even(np.arange(26), 8)
    without = []
    for left_out in range(4):
        rows = [
            np.concatenate([_entries(_gram(x[run])) for i, run in enumerate(runs) if i != left_out])
            for x in (a, b)
        ]
        without.append(rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]))
    expected = np.sqrt(3 / 4 * np.sum((np.array(without) - np.mean(without)) ** 2))
    found = compare.standard_error(grams_of(a), grams_of(b))
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(expected, rel=1e-4)


def test_it_is_how_far_cka_lies_apart_over_fresh_pictures():
    drawn = [related(96, seed) for seed in range(100)]
    grams = [(grams_of(a), grams_of(b)) for a, b in drawn]
    apart = np.std([compare.between(*pair)[0, 0] for pair in grams], ddof=1)
    told = np.sqrt(np.mean([compare.standard_error(*pair)[0, 0] ** 2 for pair in grams]))
    # A deviation over 100 draws is itself known to 7 %.
    assert told == pytest.approx(apart, rel=0.2)


def test_a_layer_is_like_itself_beyond_doubt():
    a, b = related(40, seed=2)
    found = compare.standard_error(grams_of(a, b), grams_of(a, b))
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-6)
    assert found[0, 1] > 0.01
    assert found[0, 1] == pytest.approx(found[1, 0])


def test_one_batch_tells_nothing_of_its_error():
    one = grams_of(RANDOM.normal(size=(8, 3)))
    assert np.isnan(compare.standard_error(one, one)).all()


def test_where_there_is_no_cka_there_is_no_error():
    same, other = np.ones((16, 3)), RANDOM.normal(size=(16, 3))
    found = compare.standard_error(grams_of(same, other), grams_of(other))
    assert np.isnan(found[0, 0])
    assert np.isfinite(found[1, 0])


def test_other_batches_are_refused():
    x = RANDOM.normal(size=(24, 3))
    with pytest.raises(compare.OtherPictures):
        compare.standard_error(grams_of(x), grams_of(x, batch=12))
