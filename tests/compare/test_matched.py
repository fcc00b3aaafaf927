"""Matching units by correlation: scale does not matter; constant units match nothing."""

import itertools

import numpy as np
import pytest

from core import compare

RANDOM = np.random.default_rng(0)


def test_correlations_equal_numpy():
    a, b = RANDOM.normal(size=(40, 3)), RANDOM.normal(size=(40, 5))
    expected = np.corrcoef(a.T, b.T)[:3, 3:]
    np.testing.assert_allclose(compare.correlations(a, b), expected, atol=1e-6)


def test_the_best_match_is_found_in_any_layer_and_scale():
    early, late = RANDOM.normal(size=(50, 4)), RANDOM.normal(size=(50, 6))
    match = compare.best_match(3 * late[:, 2] - 7, {"early": early, "late": late})
    assert (match.layer, match.unit) == ("late", 2)
    assert match.r == pytest.approx(1)


def test_a_constant_unit_has_no_correlation():
    constant = np.full((20, 1), 0.3, np.float32)
    assert compare.correlations(constant, RANDOM.normal(size=(20, 2))).tolist() == [[0, 0]]


def largest_sum(r: np.ndarray) -> float:
    """Find the largest sum of correlations over one-to-one pairs, by trying all."""
    small = r if len(r) <= r.shape[1] else r.T
    orders = itertools.permutations(range(small.shape[1]), len(small))
    return max(sum(small[row, column] for row, column in enumerate(order)) for order in orders)


@pytest.mark.parametrize(("ca", "cb"), [(4, 4), (3, 5), (5, 3)])
def test_pairs_are_one_to_one_and_maximise_the_sum_of_correlations(ca, cb):
    shared = RANDOM.normal(size=(30, 2))
    a, b = (shared @ RANDOM.normal(size=(2, c)) + RANDOM.normal(size=(30, c)) for c in (ca, cb))
    r = compare.correlations(a, b)
    pairs = compare.pair_units(a, b)
    assert len(pairs.r) == 3 + (ca == cb)
    assert all(len(set(column)) == len(pairs.r) for column in pairs.units.T.tolist())
    assert pairs.r.sum() == pytest.approx(largest_sum(r), abs=1e-5)
    assert list(pairs.r) == sorted(pairs.r, reverse=True)
    np.testing.assert_array_equal(pairs.r, [r[unit_a, unit_b] for unit_a, unit_b in pairs.units])


def test_the_order_of_a_shuffled_layer_is_recovered():
    a = RANDOM.normal(size=(50, 6))
    order = RANDOM.permutation(6)
    pairs = compare.pair_units(a, 3 * a[:, order] - 7)
    assert {a_unit: order[b_unit] for a_unit, b_unit in pairs.units} == {i: i for i in range(6)}
    np.testing.assert_allclose(pairs.r, 1, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_matching_units_needs_three_pictures(count):
    with pytest.raises(compare.TooFewPictures, match="3 pictures"):
        compare.pair_units(np.ones((count, 2)), np.ones((count, 2)))
