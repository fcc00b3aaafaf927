"""Matches: the unit that responds alike is found, whatever its scale; constants match nothing."""

import itertools

import numpy as np
import pytest

from core import compare

RANDOM = np.random.default_rng(0)


def test_correlations_are_pearsons():
    a, b = RANDOM.normal(size=(40, 3)), RANDOM.normal(size=(40, 5))
    expected = np.corrcoef(a.T, b.T)[:3, 3:]
    np.testing.assert_allclose(compare.correlations(a, b), expected, atol=1e-6)


def test_the_same_unit_is_found_in_another_layer_and_scale():
    early, late = RANDOM.normal(size=(50, 4)), RANDOM.normal(size=(50, 6))
    found = compare.matched(3 * late[:, 2] - 7, {"early": early, "late": late})
    assert (found.layer, found.unit) == ("late", 2)
    assert found.r == pytest.approx(1)


def test_a_dead_unit_matches_nothing():
    constant = np.full((20, 1), 0.3, np.float32)
    assert compare.correlations(constant, RANDOM.normal(size=(20, 2))).tolist() == [[0, 0]]


def slow_best(r: np.ndarray) -> float:
    """The most that correlations of pairs sum up to, by trying all."""
    small = r if len(r) <= r.shape[1] else r.T
    orders = itertools.permutations(range(small.shape[1]), len(small))
    return max(sum(small[row, column] for row, column in enumerate(order)) for order in orders)


@pytest.mark.parametrize(("ca", "cb"), [(4, 4), (3, 5), (5, 3)])
def test_pairs_are_one_to_one_and_sum_up_to_the_most(ca, cb):
    shared = RANDOM.normal(size=(30, 2))
    a, b = (shared @ RANDOM.normal(size=(2, c)) + RANDOM.normal(size=(30, c)) for c in (ca, cb))
    r = compare.correlations(a, b)
    found = compare.pairs(a, b)
    assert len(found.r) == 3 + (ca == cb)
    assert all(len(set(column)) == len(found.r) for column in found.units.T.tolist())
    assert found.r.sum() == pytest.approx(slow_best(r), abs=1e-5)
    assert list(found.r) == sorted(found.r, reverse=True)
    np.testing.assert_array_equal(found.r, [r[one, other] for one, other in found.units])


def test_a_shuffled_layer_is_put_in_order_again():
    a = RANDOM.normal(size=(50, 6))
    order = RANDOM.permutation(6)
    found = compare.pairs(a, 3 * a[:, order] - 7)
    assert {one: order[other] for one, other in found.units} == {unit: unit for unit in range(6)}
    np.testing.assert_allclose(found.r, 1, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_pictures_match_no_units(count):
    with pytest.raises(compare.TooFewPictures, match="3 pictures"):
        compare.pairs(np.ones((count, 2)), np.ones((count, 2)))
