"""Matches: the unit that responds alike is found, whatever its scale; constants match nothing."""

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
