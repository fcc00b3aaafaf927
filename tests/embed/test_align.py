"""Alignment: Procrustes undoes what was done to a map; maps that start from others lie on them."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import procrustes

from core import embed
from tests.embed.clusters import clusters

RANDOM = np.random.default_rng(0)
MAP = RANDOM.normal(size=(50, 2)) * [3, 1]


@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_scaling_mirroring_and_shifting_are_undone(mirrored):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([1, -1])
    found = embed.overlay(2.5 * MAP @ turn + [4, -9], MAP)
    np.testing.assert_allclose(found.positions, MAP, atol=1e-5)
    np.testing.assert_allclose(found.moved, 0, atol=1e-5)
    np.testing.assert_allclose(found.turn, turn.T, atol=1e-9)
    assert found.scale == pytest.approx(1 / 2.5)
    back = found.scale * (2.5 * MAP @ turn + [4, -9]) @ found.turn + found.shift
    np.testing.assert_allclose(back, MAP, atol=1e-9)


def test_what_is_left_is_scipys():
    other = RANDOM.normal(size=MAP.shape)
    found = embed.overlay(other, MAP)
    assert np.square(found.moved).mean() == pytest.approx(procrustes(MAP, other)[2], rel=1e-5)
    assert np.square(found.moved).mean() > 0.8


def test_the_point_that_moved_is_told():
    other = MAP @ np.array([[0.0, 1], [-1, 0]])
    other[7] += 5
    found = embed.overlay(other, MAP)
    assert found.moved.argmax() == 7
    assert found.moved[7] > 5 * np.delete(found.moved, 7).max()


def test_points_at_one_place_can_be_laid_over():
    still = np.zeros((4, 2))
    assert (embed.overlay(still, still).moved == 0).all()
    np.testing.assert_allclose(
        embed.overlay(still, MAP[:4]).positions, MAP[:4].mean(axis=0)[None].repeat(4, 0), atol=1e-6
    )
    assert np.isfinite(embed.overlay(MAP[:4], still).moved).all()


def test_maps_of_others_are_refused():
    with pytest.raises(embed.NoMap, match="50 and 49 points"):
        embed.overlay(MAP, MAP[1:])
    with pytest.raises(embed.NoMap, match="50 and 49 points"):
        embed.aligned(np.zeros((50, 3), np.float32), MAP[1:])


def test_a_second_models_map_lies_on_the_first():
    x, labels = clusters(6, 20)
    turned = (x @ RANDOM.normal(size=(20, 30))).astype(np.float32)
    first = embed.tsne(x, perplexity=10)
    alone = embed.overlay(embed.tsne(turned, perplexity=10), first)
    found = embed.aligned(turned, first, perplexity=10)
    assert np.median(found.moved) < 0.2 < 0.4 < np.median(alone.moved)
    assert embed.purity(found.positions, labels) == 1


def test_previews_lie_on_the_first_too():
    x, _ = clusters(3, 12)
    first = embed.tsne(x, iterations=90)
    told = list(embed.aligned_steps(x[:, ::-1].copy(), first, iterations=90))
    spreads = [np.ptp(one.preview, axis=0).max() / np.ptp(first, axis=0).max() for one in told]
    assert all(0.2 < spread < 5 for spread in spreads[5:])


def test_order_comes_through_the_stages():
    x, labels = clusters(5, 16, apart=3.0)
    noise = RANDOM.normal(size=x.shape).astype(np.float32)
    stages = [share * x + (1 - share) * 6 * noise for share in (0.0, 0.5, 1.0)]
    maps = embed.through(stages, iterations=250)
    purities = [embed.purity(one, labels) for one in maps]
    assert purities == sorted(purities)
    assert purities[0] < 0.5 < 0.95 < purities[-1]
    for earlier, later in pairwise(maps):
        # Nothing is left to turn or scale.
        laid = embed.overlay(later, earlier).positions
        np.testing.assert_allclose(laid, later, atol=1e-3 * np.ptp(later))


def test_progress_goes_on_from_stage_to_stage():
    x, _ = clusters(2, 8)
    told = list(embed.through_steps([x, 2 * x], iterations=30))
    steps = [one.step for one in told]
    assert steps == sorted(steps)
    assert steps[-1] == told[-1].total == 60
