"""Calibration: the expected calibration error equals a slow loop; bins include upper edges."""

import numpy as np
import pytest

from core import compare


def slow_ece(probability: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Compute Guo et al. 2017, equation 3, bin by bin."""
    total = 0.0
    for m in range(1, bins + 1):
        inside = [(m - 1) / bins < p <= m / bins for p in probability]
        if any(inside):
            gap = abs(right[inside].mean() - probability[inside].mean())
            total += sum(inside) / len(right) * gap
    return total


def test_the_calibration_error_equals_a_slow_loop():
    random = np.random.default_rng(0)
    probability = random.uniform(0.04, 1, 500)
    right = random.random(500) < probability**2
    diagram = compare.reliability(probability, right)
    assert len(diagram.count) == 15
    assert diagram.ece == pytest.approx(slow_ece(probability, right, 15), abs=1e-12)
    assert diagram.ece > 0.1


def test_the_calibration_error_is_zero_if_accuracy_equals_probability():
    probability = np.full(10, 0.7)
    assert compare.reliability(probability, np.arange(10) < 7).ece == pytest.approx(0, abs=1e-12)
    assert compare.reliability(np.ones(4), np.zeros(4, bool)).ece == pytest.approx(1)


def test_bins_include_their_upper_edge_and_empty_bins_have_no_mean():
    diagram = compare.reliability(np.array([0.0, 0.5, 0.51, 1.0]), np.array([True] * 4), bins=2)
    assert diagram.count.tolist() == [2, 2]
    half_empty = compare.reliability(np.array([0.9]), np.array([True]), bins=2)
    assert half_empty.count.tolist() == [0, 1]
    assert np.isnan(half_empty.accuracy[0])
    assert np.isnan(half_empty.confidence[0])


def test_a_small_example_by_hand():
    """Bin 0.5 to 0.6: 0.55 and one of two right; bin 0.9 to 1: mean 0.95, all three right."""
    probability = np.array([0.52, 0.58, 0.92, 0.95, 0.98])
    right = np.array([True, False, True, True, True])
    diagram = compare.reliability(probability, right, bins=10)
    assert diagram.ece == pytest.approx(2 / 5 * abs(0.5 - 0.55) + 3 / 5 * abs(1 - 0.95))


def test_a_calibrated_network_has_the_error_of_chance():
    random = np.random.default_rng(2)
    probability = random.uniform(0.2, 1, 60)
    errors = [
        compare.reliability(probability, random.random(60) < probability).ece for _ in range(300)
    ]
    chance = compare.chance_ece(probability)
    assert chance == pytest.approx(np.mean(errors), rel=0.1)
    assert compare.chance_ece(np.repeat(probability, 50)) < 0.5 * chance
