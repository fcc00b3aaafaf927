"""Trust: figures as scikit-learn and slow loops have them; planted classes are pure."""

import numpy as np
import pytest
from sklearn import manifold

from core import embed
from tests.embed.clusters import clusters

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 7)).astype(np.float32)
Y = X[:, :2] + 0.3 * RANDOM.normal(size=(90, 2)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_is_scikit_learns(k):
    expected = manifold.trustworthiness(X, Y, n_neighbors=k)
    assert 0.6 < expected < 0.95
    assert embed.trustworthiness(X, Y, k) == pytest.approx(expected, abs=1e-6)
    directions = manifold.trustworthiness(X, Y, n_neighbors=k, metric="cosine")
    assert embed.trustworthiness(X, Y, k, metric="cosine") == pytest.approx(directions, abs=1e-6)


def slow_continuity(x: np.ndarray, y: np.ndarray, k: int) -> float:
    """Venna and Kaski 2001: neighbours by features that are none on the map, by rank there."""
    n, lost = len(x), 0
    for i in range(n):
        by_x = [j for j in np.argsort(np.linalg.norm(x - x[i], axis=1)) if j != i]
        by_y = [j for j in np.argsort(np.linalg.norm(y - y[i], axis=1)) if j != i]
        lost += sum(by_y.index(j) + 1 - k for j in by_x[:k] if j not in by_y[:k])
    return 1 - 2 * lost / (n * k * (2 * n - 3 * k - 1))


def test_continuity_is_the_slow_one():
    assert embed.continuity(X, Y, 6) == pytest.approx(slow_continuity(X, Y, 6), abs=1e-6)
    assert embed.continuity(X, Y, 6) != pytest.approx(embed.trustworthiness(X, Y, 6), abs=1e-3)


def test_a_map_that_is_the_features_is_wholly_true():
    assert embed.trustworthiness(Y, 3 * Y + 1) == 1
    assert embed.continuity(Y, -Y) == 1


def test_some_points_speak_for_many(monkeypatch):
    every = embed.trustworthiness(X, Y)
    monkeypatch.setattr("core.embed.trust.JUDGED", 45)
    some = embed.trustworthiness(X, Y)
    assert some != every
    assert some == pytest.approx(every, abs=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_few_points_can_be_judged(count):
    assert 0 <= embed.trustworthiness(X[:count], Y[:count]) <= 1
    assert embed.trustworthiness(Y[:count], Y[:count]) == 1


def test_kept_neighbours_are_those_of_both():
    kept = embed.kept_neighbours(X, Y, 6)
    for i in (0, 41, 89):
        near = [set(np.argsort(np.linalg.norm(z - z[i], axis=1))[1:7]) for z in (X, Y)]
        assert kept[i] == pytest.approx(len(near[0] & near[1]) / 6)
    assert (embed.kept_neighbours(Y, 3 - 2 * Y) == 1).all()
    assert embed.kept_neighbours(Y[:1], Y[:1]).tolist() == [1]


def slow_purity(x: np.ndarray, labels: list[str], k: int) -> float:
    shares = []
    for i, label in enumerate(labels):
        fellows = labels.count(label) - 1
        if not label or not fellows:
            continue
        order = np.argsort(np.linalg.norm(x - x[i], axis=1), kind="stable")
        near = [j for j in order if j != i and labels[j]][: min(k, fellows)]
        shares.append(np.mean([labels[j] == label for j in near]))
    return float(np.mean(shares))


def test_purity_is_the_slow_one():
    """With classes of few, one alone, and points without a label."""
    labels = [str(one) for one in RANDOM.choice(["a", "b", "c"], 90)]
    labels[:4], labels[4:6], labels[6] = [""] * 4, ["rare"] * 2, "alone"
    for k in (1, 4, 10):
        assert embed.purity(X, labels, k) == pytest.approx(slow_purity(X, labels, k))


def test_planted_classes_are_pure_and_shuffled_ones_are_not():
    x, labels = clusters(4, 15)
    assert embed.purity(x, labels) == 1
    shuffled = list(RANDOM.permutation(labels))
    assert embed.purity(x, shuffled) < 0.4
    longer = (x * RANDOM.uniform(0.01, 9, (60, 1))).astype(np.float32)
    assert embed.purity(longer, labels) < 0.9
    assert embed.purity(longer, labels, metric="cosine") == 1


def test_there_is_no_purity_without_classes_of_two():
    assert embed.purity(X[:3], ["a", "b", ""]) is None
    assert embed.purity(X[:3], []) is None
    assert embed.purity(X[:2], ["a", "a"]) == 1
