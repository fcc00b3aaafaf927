"""Quality measures equal scikit-learn and slow loops; separated clusters have a purity of 1."""

import numpy as np
import pytest
from sklearn import manifold

from core import embed
from tests.embed.clusters import clusters

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 7)).astype(np.float32)
Y = X[:, :2] + 0.3 * RANDOM.normal(size=(90, 2)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_equals_scikit_learn(k):
    expected = manifold.trustworthiness(X, Y, n_neighbors=k)
    assert 0.6 < expected < 0.95
    assert embed.trustworthiness(X, Y, k) == pytest.approx(expected, abs=1e-6)
    expected_cosine = manifold.trustworthiness(X, Y, n_neighbors=k, metric="cosine")
    assert embed.trustworthiness(X, Y, k, metric="cosine") == pytest.approx(
        expected_cosine, abs=1e-6
    )


def slow_continuity(x: np.ndarray, y: np.ndarray, k: int) -> float:
    """Venna and Kaski 2001: sum the map ranks of neighbours by features that the map lost."""
    n, lost = len(x), 0
    for i in range(n):
        by_x = [j for j in np.argsort(np.linalg.norm(x - x[i], axis=1)) if j != i]
        by_y = [j for j in np.argsort(np.linalg.norm(y - y[i], axis=1)) if j != i]
        lost += sum(by_y.index(j) + 1 - k for j in by_x[:k] if j not in by_y[:k])
    return 1 - 2 * lost / (n * k * (2 * n - 3 * k - 1))


def test_continuity_equals_a_slow_loop():
    assert embed.continuity(X, Y, 6) == pytest.approx(slow_continuity(X, Y, 6), abs=1e-6)
    assert embed.continuity(X, Y, 6) != pytest.approx(embed.trustworthiness(X, Y, 6), abs=1e-3)


def test_a_rescaled_copy_of_the_features_scores_one():
    assert embed.trustworthiness(Y, 3 * Y + 1) == 1
    assert embed.continuity(Y, -Y) == 1


def test_a_sample_of_points_estimates_the_mean_over_all(monkeypatch):
    over_all = embed.trustworthiness(X, Y)
    monkeypatch.setattr("core.embed.trust.MAX_EVALUATED", 45)
    estimate = embed.trustworthiness(X, Y)
    assert estimate != over_all
    assert estimate == pytest.approx(over_all, abs=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_map_of_few_points_can_be_scored(count):
    assert 0 <= embed.trustworthiness(X[:count], Y[:count]) <= 1
    assert embed.trustworthiness(Y[:count], Y[:count]) == 1


def test_kept_neighbours_are_the_share_that_both_maps_have():
    kept = embed.kept_neighbours(X, Y, 6)
    for i in (0, 41, 89):
        neighbours = [set(np.argsort(np.linalg.norm(z - z[i], axis=1))[1:7]) for z in (X, Y)]
        assert kept[i] == pytest.approx(len(neighbours[0] & neighbours[1]) / 6)
    assert (embed.kept_neighbours(Y, 3 - 2 * Y) == 1).all()
    assert embed.kept_neighbours(Y[:1], Y[:1]).tolist() == [1]


def slow_purity(x: np.ndarray, labels: list[str], k: int) -> float:
    shares = []
    for i, label in enumerate(labels):
        same_class = labels.count(label) - 1
        if not label or not same_class:
            continue
        order = np.argsort(np.linalg.norm(x - x[i], axis=1), kind="stable")
        neighbours = [j for j in order if j != i and labels[j]][: min(k, same_class)]
        shares.append(np.mean([labels[j] == label for j in neighbours]))
    return float(np.mean(shares))


def test_purity_equals_a_slow_loop():
    """The labels include a class of two points, a class of one, and unlabelled points."""
    labels = [str(label) for label in RANDOM.choice(["a", "b", "c"], 90)]
    labels[:4], labels[4:6], labels[6] = [""] * 4, ["rare"] * 2, "alone"
    for k in (1, 4, 10):
        assert embed.purity(X, labels, k) == pytest.approx(slow_purity(X, labels, k))


def test_each_block_of_points_is_a_step_of_purity(monkeypatch):
    """All points of a large set take seconds, for which others would have to wait."""
    monkeypatch.setattr("core.embed.affinity.BLOCK_SIZE", 20)
    steps = [progress.step for progress in embed.purity_steps(X[:90], ["a", "b"] * 45)]
    assert steps == [20, 40, 60, 80, 90]


def test_purity_is_one_for_clusters_and_low_for_shuffled_labels():
    x, labels = clusters(4, 15)
    assert embed.purity(x, labels) == 1
    shuffled = list(RANDOM.permutation(labels))
    assert embed.purity(x, shuffled) < 0.4
    rescaled = (x * RANDOM.uniform(0.01, 9, (60, 1))).astype(np.float32)
    assert embed.purity(rescaled, labels) < 0.9
    assert embed.purity(rescaled, labels, metric="cosine") == 1


def test_purity_is_none_if_no_class_has_two_points():
    assert embed.purity(X[:3], ["a", "b", ""]) is None
    assert embed.purity(X[:3], []) is None
    assert embed.purity(X[:2], ["a", "a"]) == 1
