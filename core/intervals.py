"""95 % intervals: of shares, and of any statistic, over pictures or over groups of pictures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

# Resamples of a bootstrap (Efron and Tibshirani 1993), and the share of means inside an interval.
RESAMPLES, INSIDE = 1000, 0.95

Groups = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Interval:
    """A value, and its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: Float[np.ndarray, " n"]) -> Interval:
    """Return the mean of values and its interval by bootstrap; the same every time."""
    rows = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[rows].mean(1), [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    return Interval(float(values.mean()), float(low), float(high))


def share_interval(right: Bool[np.ndarray, " n"], groups: Groups) -> Interval:
    """Return the share of true values and its interval.

    Wilson's interval (Wilson 1927, "Probable inference, the law of succession, and statistical
    inference"), which holds also where all or none are right. Pictures of a group are not
    independent: their number is divided by the design effect, and Student's t takes the place of
    the normal distribution (Korn and Graubard 1998).

    Args:
        right: The values; at least one.
        groups: The group of each, from 0; as many groups as values where all are independent.
    """
    from scipy import stats

    share, count = float(right.mean()), float(len(right))
    clusters = len(np.unique(groups))
    z = float(stats.norm.ppf((1 + INSIDE) / 2))
    if clusters < count:
        count = _effective_count(right, groups)
        z = float(stats.t.ppf((1 + INSIDE) / 2, max(1, clusters - 1)))
    spread = z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * (share * (1 - share) / count + spread / (4 * count)) ** 0.5
    return Interval(share, min(share, middle - reach), max(share, middle + reach))


def bootstrap_interval(
    statistic: Callable[[Float[np.ndarray, "r groups"]], Float[np.ndarray, " r"]], groups: int
) -> Interval:
    """Return a statistic of all pictures, and its interval by bootstrap over groups of them.

    The basic interval (Davison and Hinkley 1997, "Bootstrap methods", equation 5.6): the resampled
    statistic's distance from the statistic stands for the statistic's own distance from the truth,
    so that a statistic that is too high by chance is corrected.

    Args:
        statistic: Takes how often each group occurs in each resample; returns a value for each.
        groups: Number of groups.
    """
    value = float(statistic(np.ones((1, groups)))[0])
    shares = np.full(groups, 1 / groups)
    weights = np.random.default_rng(0).multinomial(groups, shares, RESAMPLES).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(weights)
    known = values[np.isfinite(values)]
    if not np.isfinite(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    return Interval(value, float(2 * value - high), float(2 * value - low))


def _effective_count(right: Bool[np.ndarray, " n"], groups: Groups) -> float:
    """Return how many independent values would tell as much: at least one for each group."""
    count, share = len(right), right.mean()
    clusters = len(np.unique(groups))
    if share in (0, 1) or clusters < 2:
        return clusters
    sums = np.bincount(groups, right - share)
    of_clusters = clusters / (clusters - 1) * float((sums**2).sum()) / count**2
    effect = of_clusters / (share * (1 - share) / count)
    return float(np.clip(count / max(effect, 1e-12), clusters, count))
