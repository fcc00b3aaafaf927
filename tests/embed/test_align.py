"""Procrustes undoes similarity transforms; t-SNE started from a map stays aligned with it."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import procrustes

from core import embed
from tests.embed.clusters import clusters

RANDOM = np.random.default_rng(0)
MAP = RANDOM.normal(size=(50, 2)) * [3, 1]


@pytest.mark.parametrize("mirrored", [False, True])
def test_rotation_scaling_reflection_and_translation_are_undone(mirrored):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([1, -1])
    found = embed.procrustes(2.5 * MAP @ turn + [4, -9], MAP)
    np.testing.assert_allclose(found.positions, MAP, atol=1e-5)
    np.testing.assert_allclose(found.moved, 0, atol=1e-5)
    np.testing.assert_allclose(found.rotation, turn.T, atol=1e-9)
    assert found.scale == pytest.approx(1 / 2.5)
    back = found.scale * (2.5 * MAP @ turn + [4, -9]) @ found.rotation + found.translation
    np.testing.assert_allclose(back, MAP, atol=1e-9)


def test_the_remaining_distance_equals_scipys_disparity():
    other = RANDOM.normal(size=MAP.shape)
    found = embed.procrustes(other, MAP)
    assert np.square(found.moved).mean() == pytest.approx(procrustes(MAP, other)[2], rel=1e-5)
    assert np.square(found.moved).mean() > 0.8


def test_the_point_that_moved_has_the_largest_distance():
    other = MAP @ np.array([[0.0, 1], [-1, 0]])
    other[7] += 5
    found = embed.procrustes(other, MAP)
    assert found.moved.argmax() == 7
    assert found.moved[7] > 5 * np.delete(found.moved, 7).max()


def test_maps_with_all_points_at_one_position_can_be_aligned():
    still = np.zeros((4, 2))
    assert (embed.procrustes(still, still).moved == 0).all()
    np.testing.assert_allclose(
        embed.procrustes(still, MAP[:4]).positions,
        MAP[:4].mean(axis=0)[None].repeat(4, 0),
        atol=1e-6,
    )
    assert np.isfinite(embed.procrustes(MAP[:4], still).moved).all()


def test_maps_with_different_numbers_of_points_raise():
    with pytest.raises(embed.NoMap, match="50 and 49 points"):
        embed.procrustes(MAP, MAP[1:])
    with pytest.raises(embed.NoMap, match="50 and 49 points"):
        embed.aligned_tsne(np.zeros((50, 3), np.float32), MAP[1:])


def test_a_map_started_from_another_models_map_is_closer_to_it():
    """Compare medians over five pairs of models, as a single map's minimum varies with rounding."""
    moved_alone, moved_aligned = [], []
    for seed in range(5):
        x, labels = clusters(6, 20, seed=seed)
        turned = (x @ RANDOM.normal(size=(20, 30))).astype(np.float32)
        first = embed.tsne(x, perplexity=10)
        alone = embed.tsne(turned, perplexity=10, start="chance", seed=seed)
        moved_alone.append(np.median(embed.procrustes(alone, first).moved))
        aligned = embed.aligned_tsne(turned, first, perplexity=10)
        moved_aligned.append(np.median(aligned.moved))
        assert embed.purity(aligned.positions, labels) > 0.98
    assert np.median(moved_aligned) < 0.2 < 0.4 < np.median(moved_alone)


def test_previews_are_aligned_too():
    x, _ = clusters(3, 12)
    first = embed.tsne(x, iterations=90)
    told = list(embed.aligned_tsne_steps(x[:, ::-1].copy(), first, iterations=90))
    spreads = [np.ptp(one.preview, axis=0).max() / np.ptp(first, axis=0).max() for one in told]
    assert all(0.2 < spread < 5 for spread in spreads[5:])


def test_purity_increases_over_the_stages_of_a_sequence():
    x, labels = clusters(5, 16, separation=3.0)
    noise = RANDOM.normal(size=x.shape).astype(np.float32)
    stages = [share * x + (1 - share) * 6 * noise for share in (0.0, 0.5, 1.0)]
    maps = embed.tsne_sequence(stages, iterations=250)
    purities = [embed.purity(one, labels) for one in maps]
    assert purities == sorted(purities)
    assert purities[0] < 0.5 < 0.95 < purities[-1]
    for earlier, later in pairwise(maps):
        # Nothing is left to turn.
        laid = embed.procrustes(later, earlier, keep_spread=True).positions
        np.testing.assert_allclose(laid, later, atol=1e-3 * np.ptp(later))


def test_maps_of_unrelated_stages_keep_their_spread():
    """The least-squares scale would shrink each map, as it has little in common with the last."""
    stages = [RANDOM.normal(size=(40, 10)).astype(np.float32) for _ in range(5)]
    spreads = [one.std(axis=0).max() for one in embed.tsne_sequence(stages, iterations=60)]
    assert min(spreads) > 0.5 * spreads[0]
    flat = np.zeros((40, 2))
    assert embed.procrustes(MAP[:40], flat, keep_spread=True).positions.std() > 0.5


def test_progress_continues_from_stage_to_stage():
    x, _ = clusters(2, 8)
    told = list(embed.tsne_sequence_steps([x, 2 * x], iterations=30))
    steps = [one.step for one in told]
    assert steps == sorted(steps)
    assert steps[-1] == told[-1].total == 60
