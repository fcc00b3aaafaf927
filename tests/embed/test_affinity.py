"""Affinities: as the paper has them, computed slowly; neighbours as brute force has them."""

import numpy as np
import pytest
from scipy.optimize import brentq

from core.embed.affinity import affinities_steps, conditional, nearest, perplexity_for
from core.steps import drain

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6)).astype(np.float32)


def slow_row(squared: np.ndarray, perplexity: float) -> np.ndarray:
    """Equation 1 of van der Maaten and Hinton 2008, its width found by Brent's method."""

    def picked(log_beta: float) -> np.ndarray:
        weights = np.array([np.exp(-np.exp(log_beta) * (one - min(squared))) for one in squared])
        return weights / weights.sum()

    def excess(log_beta: float) -> float:
        p = picked(log_beta)
        return -sum(one * np.log2(one) for one in p if one > 0) - np.log2(perplexity)

    return picked(brentq(excess, -12, 6, xtol=1e-12))


def slow_joint(x: np.ndarray, perplexity: float, count: int) -> np.ndarray:
    """Section 3.1 there, over the nearest neighbours."""
    x = x.astype(np.float64)
    n = len(x)
    p = np.zeros((n, n))
    for i in range(n):
        squared = np.array([sum((x[i] - x[j]) ** 2) for j in range(n)])
        near = [j for j in np.argsort(squared) if j != i][:count]
        p[i, near] = slow_row(squared[near], perplexity)
    return (p + p.T) / (2 * n)


@pytest.mark.parametrize("perplexity", [2.0, 5.5])
def test_affinities_are_the_papers(perplexity):
    found = drain(affinities_steps(X, perplexity)).toarray()
    expected = slow_joint(X, perplexity, count=int(np.ceil(3 * perplexity)))
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert found.sum() == pytest.approx(1)


def test_scale_changes_nothing():
    squared = np.square(RANDOM.normal(size=(5, 12)))
    once = conditional(squared, 4)
    np.testing.assert_allclose(conditional(1e12 * squared, 4), once, atol=1e-9)
    np.testing.assert_allclose(conditional(1e-12 * squared, 4), once, atol=1e-9)


def test_points_at_one_place_share_evenly():
    squared = np.zeros((1, 6))
    np.testing.assert_allclose(conditional(squared, 2), np.full((1, 6), 1 / 6))
    squared[0, 4:] = 9.0
    np.testing.assert_allclose(conditional(squared, 2), [[0.25] * 4 + [0, 0]], atol=1e-12)


def test_neighbours_are_those_of_brute_force_and_never_the_point_itself(monkeypatch):
    monkeypatch.setattr("core.embed.affinity.BLOCK", 7)
    x = np.concatenate([X, X[:3], np.repeat(X[:1], 9, axis=0)])  # some are there many times
    squared = np.square(x[:, None].astype(np.float64) - x[None]).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    blocks = list(nearest(x, 5))
    np.testing.assert_array_equal(np.concatenate([one.rows for one in blocks]), np.arange(len(x)))
    indices = np.concatenate([one.indices for one in blocks])
    distances = np.concatenate([one.squared for one in blocks])
    assert (indices != np.arange(len(x))[:, None]).all()
    np.testing.assert_allclose(distances, np.sort(squared, axis=1)[:, :5], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(squared, indices, 1), distances, atol=1e-5)


def test_only_the_neighbours_asked_for():
    (found,) = nearest(X, 4, np.array([3, 20]))
    (every,) = nearest(X, 4)
    np.testing.assert_array_equal(found.indices, every.indices[[3, 20]])


def test_perplexity_is_what_so_many_points_allow():
    assert perplexity_for(91, 30) == 30
    assert perplexity_for(31, 30) == 10
    assert perplexity_for(4, 30) == 1
    assert [perplexity_for(count, 30) for count in range(4)] == [0, 0, 0, 0]
