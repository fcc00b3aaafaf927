"""The risk-coverage curve equals a slow loop, and ends at the error of all answers."""

import numpy as np
import pytest

from core import compare


def test_the_curve_equals_a_slow_loop_and_ends_at_the_error():
    random = np.random.default_rng(0)
    confidence = random.random(80).round(1)  # with equal ones
    right = random.random(80) < confidence
    curve = compare.risk_coverage(confidence, right)
    assert curve.threshold.tolist() == sorted(set(confidence.tolist()), reverse=True)
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        kept = [bool(r) for c, r in zip(confidence, right, strict=True) if c >= threshold]
        assert coverage == pytest.approx(len(kept) / 80)
        assert risk == pytest.approx(kept.count(False) / len(kept))
    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx(1 - right.mean())


def test_the_threshold_keeps_as_much_as_it_may():
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    curve = compare.risk_coverage(confidence, np.array([True, True, False, True, False]))
    assert curve.threshold_for(0.0) == pytest.approx(0.8)
    assert curve.threshold_for(0.25) == pytest.approx(0.6)
    assert curve.threshold_for(1.0) == pytest.approx(0.5)
    surest_is_wrong = compare.risk_coverage(confidence, np.array([False, True, True, True, True]))
    assert surest_is_wrong.threshold_for(0.1) is None


def test_a_network_that_is_surer_of_right_answers_has_a_smaller_area():
    confidence = np.linspace(1, 0.1, 10)
    right = np.arange(10) < 6
    good = compare.risk_coverage(confidence, right).area
    bad = compare.risk_coverage(confidence, right[::-1]).area
    assert good < 0.4 < bad
