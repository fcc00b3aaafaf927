"""Placing: among one's like, each by itself, at the best place there is."""

import numpy as np
import pytest

from core import embed
from tests.embed.clusters import clusters
from tests.embed.test_affinity import slow_row

FEATURES, LABELS = clusters(5, 40, seed=3)
ON_MAP = np.arange(200) % 40 < 36
THEN_NEW = [*np.array(LABELS)[ON_MAP].tolist(), *np.array(LABELS)[~ON_MAP].tolist()]


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return embed.tsne(FEATURES[ON_MAP])


def test_new_points_lie_among_their_class(drawn):
    placed = embed.place(FEATURES[ON_MAP], drawn, FEATURES[~ON_MAP])
    assert placed.dtype == np.float32
    assert embed.purity(np.concatenate([drawn, placed]), THEN_NEW) == 1


def test_a_picture_that_is_there_lies_beside_itself(drawn):
    again = embed.place(FEATURES[ON_MAP], drawn, FEATURES[ON_MAP][::9])
    away = np.linalg.norm(again - drawn[::9], axis=1)
    apart = np.linalg.norm(drawn[:, None] - drawn[None], axis=2)
    assert np.median(away) < np.median(np.sort(apart, axis=1)[:, 10])


def test_each_is_placed_by_itself(drawn):
    new = FEATURES[~ON_MAP][:4]
    together = embed.place(FEATURES[ON_MAP], drawn, new)
    alone = np.concatenate([embed.place(FEATURES[ON_MAP], drawn, one[None]) for one in new])
    np.testing.assert_array_equal(together, alone)


def test_there_is_no_better_place_nearby(drawn):
    """The cost, summed up slowly, is no less at any place around."""
    new = FEATURES[~ON_MAP][0]
    (placed,) = embed.place(FEATURES[ON_MAP], drawn, new[None])
    squared = np.square(FEATURES[ON_MAP].astype(np.float64) - new).sum(axis=1)
    near = np.argsort(squared)[:15]
    p = np.zeros(len(drawn))
    p[near] = slow_row(squared[near] / squared[near].mean(), 5)

    def cost(y: np.ndarray) -> float:
        q = np.array([1 / (1 + sum((y - other) ** 2)) for other in drawn.astype(np.float64)])
        return sum(-1.5 * p[i] * np.log(q[i]) for i in near) + np.log(q.sum())

    here = cost(placed.astype(np.float64))
    around = [placed + reach * np.array([np.cos(a), np.sin(a)])
              for reach in (0.05, 0.5, 3) for a in np.linspace(0, 6, 12)]  # fmt: skip
    assert here < min(cost(y) for y in around)


def test_cosine_places_by_direction(drawn):
    directions = embed.tsne(FEATURES[ON_MAP], metric="cosine")
    new = 100 * FEATURES[~ON_MAP]
    placed = embed.place(FEATURES[ON_MAP], directions, new, metric="cosine")
    np.testing.assert_allclose(
        placed, embed.place(FEATURES[ON_MAP], directions, new / 100, metric="cosine"), atol=1e-2
    )
    together = np.concatenate([directions, placed])
    assert embed.purity(together, THEN_NEW) > 0.98


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_a_map_of_a_few_takes_more(count):
    few = FEATURES[:count]
    placed = embed.place(few, embed.tsne(few), FEATURES[count : count + 2])
    assert placed.shape == (2, 2)
    assert np.isfinite(placed).all()
    assert np.abs(placed).max() < 1e3


def test_nothing_new_is_placed_nowhere_and_broken_features_are_refused(drawn):
    assert embed.place(FEATURES[ON_MAP], drawn, FEATURES[:0]).shape == (0, 2)
    with pytest.raises(embed.NoMap, match="finite"):
        embed.place(FEATURES[ON_MAP], drawn, np.full((1, 20), np.nan, np.float32))
