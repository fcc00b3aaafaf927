"""Intervals cover the truth about as often as they say, also for views that belong together."""

import numpy as np
import pytest

from core.intervals import bootstrap_interval, mean_interval, share_interval

REPEATS = 400


def covered(low: float, high: float, truth: float) -> bool:
    return low <= truth <= high


@pytest.mark.parametrize(("count", "share"), [(20, 0.5), (56, 0.9), (112, 0.97)])
def test_intervals_of_shares_cover_the_truth(count: int, share: float):
    random = np.random.default_rng(0)
    found = [share_interval(random.random(count) < share, np.arange(count)) for _ in range(REPEATS)]
    assert np.mean([covered(each.low, each.high, share) for each in found]) > 0.92


def test_intervals_of_views_cover_the_truth_and_are_wider():
    """Ten photographs in twelve views. Mostly, all views of one are right, or none is."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 12)
    hits, wider = [], []
    for _ in range(REPEATS):
        of_photographs = random.beta(0.6, 0.4, 10)  # mean 0.6
        right = random.random(120) < of_photographs[groups]
        together, apart = share_interval(right, groups), share_interval(right, np.arange(120))
        hits.append(covered(together.low, together.high, 0.6))
        wider.append(together.high - together.low > apart.high - apart.low)
    assert np.mean(hits) > 0.9
    assert np.mean(wider) > 0.99


def test_wilsons_interval_equals_its_formula():
    found = share_interval(np.arange(20) < 15, np.arange(20))
    z, n, p = 1.959964, 20, 0.75
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (found.mean, found.low, found.high) == pytest.approx(
        (0.75, middle - reach, middle + reach), abs=1e-6
    )


def test_where_all_are_right_the_interval_is_not_empty():
    found = share_interval(np.ones(30, bool), np.arange(30))
    assert found.high == pytest.approx(1)
    assert 0.8 < found.low < 0.95
    views = share_interval(np.ones(36, bool), np.repeat(np.arange(3), 12))
    assert views.low < found.low


def test_the_bootstrap_covers_the_truth_and_corrects_what_is_too_high_by_chance():
    """The absolute value of a mean is too high by chance where the mean is about 0."""
    random = np.random.default_rng(1)
    hits = []
    for _ in range(150):
        values = random.normal(0.5, 1, 60)
        found = bootstrap_interval(lambda weights, v=values: weights @ v / weights.sum(1), 60)
        assert found.mean == pytest.approx(values.mean())
        hits.append(covered(found.low, found.high, 0.5))
    assert np.mean(hits) > 0.88
    noise = random.normal(0, 1, 60)
    high = bootstrap_interval(lambda weights: np.abs(weights @ noise / weights.sum(1)), 60)
    assert (high.low + high.high) / 2 < high.mean


def test_the_mean_of_equal_values_is_certain():
    found = mean_interval(np.full(12, 0.25))
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)
