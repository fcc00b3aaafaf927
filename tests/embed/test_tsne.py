"""t-SNE: as good as a slow one from the paper; the start matters; small and broken input."""

from importlib import import_module

import numpy as np
import pytest
from scipy.stats import spearmanr

from core import embed
from core.steps import Progress
from tests.embed.clusters import clusters
from tests.embed.test_affinity import slow_joint

FEATURES, LABELS = clusters(5, 24)


def divergence(p: np.ndarray, y: np.ndarray) -> float:
    """KL(P‖Q), equations 4 and 5 of van der Maaten and Hinton 2008."""
    y = y.astype(np.float64)
    q = 1 / (1 + np.square(y[:, None] - y[None]).sum(axis=2))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())


def slow_tsne(p: np.ndarray, y: np.ndarray, iterations: int) -> np.ndarray:
    """Algorithm 1 there, with all forces summed, exaggeration and the authors' gains."""
    y, update, gains = y.astype(np.float64), np.zeros_like(y), np.ones(y.shape)
    for iteration in range(iterations):
        early = iteration < iterations // 3
        apart = y[:, None] - y[None]
        near = 1 / (1 + np.square(apart).sum(axis=2))
        np.fill_diagonal(near, 0)
        pull = ((12 if early else 1) * p - near / near.sum()) * near
        gradient = 4 * (pull[:, :, None] * apart).sum(axis=1)
        gains = np.where(np.sign(gradient) != np.sign(update), gains + 0.2, gains * 0.8)
        update = (0.5 if early else 0.8) * update - 50 * np.maximum(gains, 0.01) * gradient
        y = y + update
    return y


def test_the_divergence_is_that_of_a_slow_descent():
    x, _ = clusters(3, 20, dimensions=5, apart=2.0)
    p = slow_joint(x, perplexity=8, count=24)
    found = divergence(p, embed.tsne(x, perplexity=8))
    slow = divergence(p, slow_tsne(p, 1e-4 * embed.pca(x).positions, 750))
    assert found < 1.03 * slow
    assert found < 0.5 * divergence(p, embed.pca(x).positions)


def test_clusters_stay_together_and_neighbours_neighbours():
    y = embed.tsne(FEATURES)
    assert y.dtype == np.float32
    assert y.shape == (120, 2)
    assert embed.purity(y, LABELS) == 1
    scattered = np.random.default_rng(0).normal(size=y.shape).astype(np.float32)
    assert embed.trustworthiness(FEATURES, y) > 0.85
    assert embed.trustworthiness(FEATURES, scattered) < 0.6


def test_a_poor_start_loses_the_large_arrangement_and_the_axes_keep_it():
    """Clusters on a grid: from their axes they lie as they did, from chance they don't."""
    random = np.random.default_rng(0)
    grid = np.array([(x, y) for x in range(3) for y in range(3)])
    own = np.repeat(np.arange(9), 20)
    x = random.normal(size=(180, 10)).astype(np.float32)
    x[:, :2] += 10 * grid[own]

    def order_kept(y: np.ndarray) -> float:
        middles = np.array([y[own == cluster].mean(axis=0) for cluster in range(9)])
        pairs = np.triu_indices(9, 1)
        now, then = (np.linalg.norm(z[:, None] - z, axis=2)[pairs] for z in (middles, grid))
        return spearmanr(now, then).statistic

    good, bad = (embed.tsne(x, perplexity=5, start=start) for start in ("axes", "chance"))
    assert order_kept(good) > 0.9
    assert order_kept(bad) < 0.5
    assert embed.purity(bad, [str(one) for one in own]) > 0.95  # the near is kept all the same


def test_the_same_seed_gives_the_same_map_and_another_another():
    first, again, other = (embed.tsne(FEATURES, seed=seed, iterations=60) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_watching_changes_nothing(monkeypatch):
    once = embed.tsne(FEATURES, iterations=60)
    module = import_module("core.embed.tsne")  # `embed.tsne` is the function
    monkeypatch.setattr(module, "LEAST", 3)
    monkeypatch.setattr(module, "MOST", 3)
    np.testing.assert_array_equal(embed.tsne(FEATURES, iterations=60), once)


def test_the_map_can_be_watched_from_its_axes_on():
    told: list[Progress] = list(embed.tsne_steps(FEATURES, iterations=60))
    np.testing.assert_array_equal(told[0].preview, embed.pca(FEATURES).positions)
    assert all(one.preview.shape == (120, 2) for one in told)
    steps = [one.step for one in told]
    assert steps == sorted(steps)
    assert steps[-1] == told[-1].total == 60
    assert len(told) > 4
    assert not np.array_equal(told[-1].preview, told[-2].preview)


def test_every_option_counts():
    plain = embed.tsne(FEATURES, iterations=60)
    for asked in ({"perplexity": 5}, {"iterations": 61}, {"exaggeration": 4}, {"metric": "cosine"},
                  {"start": plain}, {"start": "chance"}):  # fmt: skip
        assert not np.array_equal(embed.tsne(FEATURES, **{"iterations": 60, **asked}), plain), asked


def test_a_start_is_kept_to_whatever_its_scale():
    start = embed.tsne(FEATURES, perplexity=8)
    told = list(embed.tsne_steps(FEATURES, perplexity=8, start=start))
    again = told[-1].preview
    settling = [one.preview.std() for one in told if one.step > 0]
    assert min(settling) > 0.2 * start.std()  # it is never made small, and so forgotten
    assert np.median(embed.overlay(again, start).moved) < 0.3
    chance = embed.tsne(FEATURES, perplexity=8, start="chance")
    assert np.median(embed.overlay(chance, start).moved) > 0.5
    # By a power of two, so that nothing is rounded otherwise.
    larger = embed.tsne(FEATURES, perplexity=8, start=8 * start)
    np.testing.assert_array_equal(larger, again)


def test_cosine_looks_at_directions_only():
    longer = FEATURES * np.random.default_rng(1).uniform(0.1, 9, (len(FEATURES), 1))
    y = embed.tsne(longer.astype(np.float32), metric="cosine")
    assert embed.purity(y, LABELS) > embed.purity(embed.tsne(longer.astype(np.float32)), LABELS)
    assert embed.trustworthiness(FEATURES, y, metric="cosine") > 0.85


def test_more_dimensions_than_points_are_fine():
    wide = np.random.default_rng(0).normal(size=(30, 700)).astype(np.float32)
    assert np.isfinite(embed.tsne(wide)).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12])
def test_a_few_points_have_a_map(count):
    few = FEATURES[::7][:count]
    y = embed.tsne(few)
    assert y.shape == (count, 2)
    assert np.isfinite(y).all()
    assert len(np.unique(y, axis=0)) == count
    assert np.ptp(y, axis=0).max() < 1e3
    if count < 4:
        np.testing.assert_array_equal(y, embed.pca(few).positions)


@pytest.mark.parametrize("count", [2, 9, 150])
def test_identical_pictures_lie_at_one_place(count):
    # As two batches give them: equal to seven digits.
    same = np.full((count, 6), 3.7, np.float32)
    same[::2] *= 1 + 2e-7
    assert (embed.tsne(same) == 0).all()


def test_copies_lie_where_their_originals_do():
    x = np.concatenate([FEATURES, np.repeat(FEATURES[:1], 100, axis=0)])
    y = embed.tsne(x)
    assert np.isfinite(y).all()
    copies = [0, *range(120, 220)]
    apart = np.linalg.norm(y[copies] - y[copies].mean(axis=0), axis=1)
    assert apart.max() < 0.5 * np.ptp(y, axis=0).max()


def test_what_can_not_be_mapped_is_refused_with_a_way_out():
    broken = FEATURES.copy()
    broken[3, 1], broken[50, 0] = np.nan, np.inf
    with pytest.raises(embed.NoMap, match=r"2 of 120 pictures \(rows 3, 50\).*another layer"):
        embed.tsne(broken)
    with pytest.raises(embed.NoMap, match="at least one picture"):
        embed.tsne(FEATURES[:0])
    with pytest.raises(embed.NoMap, match="'manhattan'; there are euclidean, cosine"):
        embed.tsne(FEATURES, metric="manhattan")
    with pytest.raises(embed.NoMap, match="'pca'; there are axes, chance"):
        embed.tsne(FEATURES, start="pca")
    for asked in ({"perplexity": 0.5}, {"iterations": 0}, {"exaggeration": 0.0}):
        with pytest.raises(embed.NoMap, match="at least"):
            embed.tsne(FEATURES, **asked)


def test_principal_axes_are_those_of_the_covariance():
    values, vectors = np.linalg.eigh(np.cov(FEATURES.T.astype(np.float64)))
    found = embed.pca(FEATURES)
    expected = (FEATURES - FEATURES.mean(axis=0)) @ vectors[:, [-1, -2]]
    signs = np.sign((found.positions * expected).sum(axis=0))
    np.testing.assert_allclose(found.positions, expected * signs, atol=2e-3)
    np.testing.assert_allclose(found.explained, values[[-1, -2]] / values.sum(), rtol=1e-3)
    assert (embed.pca(FEATURES[:, :1]).positions[:, 1] == 0).all()
