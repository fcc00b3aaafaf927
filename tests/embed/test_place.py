"""New points get the position of least cost on a map, near their class, each independently."""

import numpy as np
import pytest

from core import embed
from tests.embed.clusters import clusters
from tests.embed.test_affinity import slow_row

FEATURES, LABELS = clusters(5, 40, seed=3)
ON_MAP = np.arange(200) % 40 < 36
# Labels of the points on the map, followed by those of the new points.
LABELS_WITH_NEW = [*np.array(LABELS)[ON_MAP].tolist(), *np.array(LABELS)[~ON_MAP].tolist()]


@pytest.fixture(scope="module")
def positions() -> np.ndarray:
    return embed.tsne(FEATURES[ON_MAP])


def test_new_points_are_placed_among_their_class(positions):
    placed = embed.place(FEATURES[ON_MAP], positions, FEATURES[~ON_MAP])
    assert placed.dtype == np.float32
    assert embed.purity(np.concatenate([positions, placed]), LABELS_WITH_NEW) == 1


def test_a_copy_of_a_map_point_is_placed_near_it(positions):
    again = embed.place(FEATURES[ON_MAP], positions, FEATURES[ON_MAP][::9])
    displacements = np.linalg.norm(again - positions[::9], axis=1)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    assert np.median(displacements) < np.median(np.sort(distances, axis=1)[:, 10])


def test_each_point_is_placed_independently_of_other_new_points(positions):
    new = FEATURES[~ON_MAP][:4]
    together = embed.place(FEATURES[ON_MAP], positions, new)
    alone = np.concatenate([embed.place(FEATURES[ON_MAP], positions, row[None]) for row in new])
    np.testing.assert_allclose(together, alone, atol=1e-3 * np.ptp(positions))


def test_no_position_nearby_has_a_lower_cost(positions):
    """The cost is computed by a slow loop, at the position and on circles around it."""
    new = FEATURES[~ON_MAP][0]
    (placed,) = embed.place(FEATURES[ON_MAP], positions, new[None])
    squared = np.square(FEATURES[ON_MAP].astype(np.float64) - new).sum(axis=1)
    neighbours = np.argsort(squared)[:15]
    p = np.zeros(len(positions))
    p[neighbours] = slow_row(squared[neighbours] / squared[neighbours].mean(), 5)

    def cost(y: np.ndarray) -> float:
        q = np.array([1 / (1 + sum((y - other) ** 2)) for other in positions.astype(np.float64)])
        return sum(-1.5 * p[i] * np.log(q[i]) for i in neighbours) + np.log(q.sum())

    lowest = cost(placed.astype(np.float64))
    around = [placed + radius * np.array([np.cos(a), np.sin(a)])
              for radius in (0.05, 0.5, 3) for a in np.linspace(0, 6, 12)]  # fmt: skip
    assert lowest < min(cost(y) for y in around)


def test_cosine_placement_ignores_the_length_of_features(positions):
    cosine_map = embed.tsne(FEATURES[ON_MAP], metric="cosine")
    new = 100 * FEATURES[~ON_MAP]
    placed = embed.place(FEATURES[ON_MAP], cosine_map, new, metric="cosine")
    np.testing.assert_allclose(
        placed, embed.place(FEATURES[ON_MAP], cosine_map, new / 100, metric="cosine"), atol=1e-2
    )
    together = np.concatenate([cosine_map, placed])
    assert embed.purity(together, LABELS_WITH_NEW) > 0.98


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_points_can_be_placed_on_a_map_of_few_points(count):
    few = FEATURES[:count]
    placed = embed.place(few, embed.tsne(few), FEATURES[count : count + 2])
    assert placed.shape == (2, 2)
    assert np.isfinite(placed).all()
    assert np.abs(placed).max() < 1e3


def test_no_new_points_give_an_empty_result_and_non_finite_features_raise(positions):
    assert embed.place(FEATURES[ON_MAP], positions, FEATURES[:0]).shape == (0, 2)
    with pytest.raises(embed.NoMap, match="NaN"):
        embed.place(FEATURES[ON_MAP], positions, np.full((1, 20), np.nan, np.float32))
