"""Affinities equal a slow implementation of the papers; neighbours equal a brute-force search."""

import numpy as np
import pytest
from scipy.optimize import brentq

from core.embed.affinity import (
    affinities_steps,
    conditional_probabilities,
    feasible_perplexity,
    nearest_neighbours,
)
from core.steps import drain

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6)).astype(np.float32)


def slow_row(squared: np.ndarray, perplexity: float) -> np.ndarray:
    """Compute equation 1 of van der Maaten and Hinton 2008, with β found by Brent's method."""

    def probabilities(log_beta: float) -> np.ndarray:
        weights = np.array(
            [np.exp(-np.exp(log_beta) * (distance - min(squared))) for distance in squared]
        )
        return weights / weights.sum()

    def excess_entropy(log_beta: float) -> float:
        row = probabilities(log_beta)
        return -sum(p * np.log2(p) for p in row if p > 0) - np.log2(perplexity)

    return probabilities(brentq(excess_entropy, -12, 6, xtol=1e-12))


def slow_joint(x: np.ndarray, perplexity: float, count: int) -> np.ndarray:
    """Compute section 3.1 of van der Maaten and Hinton 2008 over `count` nearest neighbours."""
    x = x.astype(np.float64)
    n = len(x)
    p = np.zeros((n, n))
    for i in range(n):
        squared = np.array([sum((x[i] - x[j]) ** 2) for j in range(n)])
        neighbours = [j for j in np.argsort(squared) if j != i][:count]
        p[i, neighbours] = slow_row(squared[neighbours], perplexity)
    return (p + p.T) / (2 * n)


@pytest.mark.parametrize("perplexity", [2.0, 5.5])
def test_affinities_equal_the_formula_of_the_paper(perplexity):
    affinities = drain(affinities_steps(X, perplexity)).toarray()
    expected = slow_joint(X, perplexity, count=int(np.ceil(3 * perplexity)))
    np.testing.assert_allclose(affinities, expected, atol=1e-7)
    assert affinities.sum() == pytest.approx(1)


def test_conditional_probabilities_do_not_depend_on_the_scale_of_distances():
    squared = np.square(RANDOM.normal(size=(5, 12)))
    expected = conditional_probabilities(squared, 4)
    for scale in (1e12, 1e-12):
        scaled = conditional_probabilities(scale * squared, 4)
        np.testing.assert_allclose(scaled, expected, atol=1e-9)


def test_neighbours_at_equal_distances_have_equal_probabilities():
    squared = np.zeros((1, 6))
    np.testing.assert_allclose(conditional_probabilities(squared, 2), np.full((1, 6), 1 / 6))
    squared[0, 4:] = 9.0
    np.testing.assert_allclose(
        conditional_probabilities(squared, 2), [[0.25] * 4 + [0, 0]], atol=1e-12
    )


def test_neighbours_equal_brute_force_and_exclude_the_point_itself(monkeypatch):
    monkeypatch.setattr("core.embed.affinity.BLOCK_SIZE", 7)
    x = np.concatenate([X, X[:3], np.repeat(X[:1], 9, axis=0)])  # with duplicate points
    squared = np.square(x[:, None].astype(np.float64) - x[None]).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    blocks = list(nearest_neighbours(x, 5))
    rows = np.concatenate([block.rows for block in blocks])
    np.testing.assert_array_equal(rows, np.arange(len(x)))
    indices = np.concatenate([block.indices for block in blocks])
    distances = np.concatenate([block.squared for block in blocks])
    assert (indices != np.arange(len(x))[:, None]).all()
    np.testing.assert_allclose(distances, np.sort(squared, axis=1)[:, :5], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(squared, indices, 1), distances, atol=1e-5)


def test_neighbours_of_selected_rows_equal_those_rows_of_all_neighbours():
    (selected,) = nearest_neighbours(X, 4, np.array([3, 20]))
    (all_points,) = nearest_neighbours(X, 4)
    np.testing.assert_array_equal(selected.indices, all_points.indices[[3, 20]])


def test_perplexity_is_lowered_for_few_points_and_zero_below_four():
    assert feasible_perplexity(91, 30) == 30
    assert feasible_perplexity(31, 30) == 10
    assert feasible_perplexity(4, 30) == 1
    assert [feasible_perplexity(count, 30) for count in range(4)] == [0, 0, 0, 0]
