"""Maps of neurons: units that respond alike lie together, of whatever scale, layer, network."""

from dataclasses import replace

import numpy as np
import pytest

from core import embed
from core.dissect import CONCEPTS, PartScores, Responses
from core.embed.units import NAMED

PICTURES = 60
# Units of each kind in each network: eight kinds both have, and one each.
SHARED = range(8)
PLAN = {
    "first": dict.fromkeys(SHARED, 10) | {8: 10},
    "second": dict.fromkeys(SHARED, 9) | {9: 12},
}
FIRST, SECOND = (sum(plan.values()) for plan in PLAN.values())


def responses(peak: np.ndarray) -> Responses:
    peak = peak.astype(np.float32)
    return Responses(peak, np.zeros((*peak.shape, 2), int), peak, peak**2 + 0.1)


def layer(network: str, seed: int) -> tuple[Responses, np.ndarray]:
    """Units of the network's kinds, each with its own scale; the last two never change."""
    random, truths = (
        np.random.default_rng(seed),
        np.random.default_rng(99).normal(size=(10, PICTURES)),
    )
    kinds = np.repeat(list(PLAN[network]), list(PLAN[network].values()))
    scale = random.uniform(3, 100, len(kinds))
    peak = (truths[kinds] + 0.3 * random.normal(size=(len(kinds), PICTURES))).T * scale + 5 * scale
    peak = np.concatenate([peak, np.full((PICTURES, 2), 0.25)], axis=1)
    mean = peak - peak.mean(axis=0)
    square = mean**2
    found = Responses(peak.astype(np.float32), np.zeros((*peak.shape, 2), int),
                      mean.astype(np.float32), square.astype(np.float32))  # fmt: skip
    return found, kinds


@pytest.fixture(scope="module")
def planted():
    """Points, their kinds, a map and its clusters."""
    (first, one), (second, two) = layer("first", 0), layer("second", 1)
    points = embed.unit_points([first, second])
    positions = embed.tsne(points.features, perplexity=8)
    return points, np.concatenate([one, two]), positions, embed.clustered(positions)


def test_distances_are_correlations(planted):
    points, *_ = planted
    found, _ = layer("first", 0)
    r = np.corrcoef(found.peak[:, [3, 20]].T)[0, 1]
    squared = np.square(points.features[3] - points.features[20]).sum()
    assert squared == pytest.approx(2 * PICTURES * (1 - r), rel=1e-4)


def test_units_keep_their_names_and_dead_ones_are_listed(planted):
    points, kinds, *_ = planted
    assert points.layer.tolist() == [0] * FIRST + [1] * SECOND
    assert points.unit.tolist() == [*range(FIRST), *range(SECOND)]
    assert points.dead.tolist() == [[0, FIRST], [0, FIRST + 1], [1, SECOND], [1, SECOND + 1]]
    assert len(points.features) == len(kinds)


def test_units_that_respond_alike_lie_together(planted):
    _, kinds, positions, clusters = planted
    assert embed.purity(positions, [str(kind) for kind in kinds]) > 0.95
    pairs = {(cluster, kind) for cluster, kind in zip(clusters, kinds, strict=True) if cluster >= 0}
    assert len(pairs) == clusters.max() + 1  # each cluster is of one kind
    assert {kind for _, kind in pairs} == set(range(10))
    assert np.mean(clusters >= 0) > 0.7
    sizes = [int((clusters == index).sum()) for index in range(clusters.max() + 1)]
    assert sizes == sorted(sizes, reverse=True)


def test_what_excites_a_whole_network_does_not_part_it_from_another():
    """Else units of one network would lie together, whatever they look for."""
    found, kinds = zip(*(layer("first", seed) for seed in (0, 1)), strict=True)
    excited = []
    for number, one in enumerate(found):
        whole = np.random.default_rng(200 + number).normal(size=(PICTURES, 1))
        peak = one.peak + 3 * whole * one.peak.std(axis=0)
        excited.append(replace(one, peak=peak.astype(np.float32)))
    points = embed.unit_points(excited)
    truth = [str(kind) for kind in np.concatenate(kinds)]
    assert embed.purity(points.features, truth) > 0.95
    assert own_among_nearest(points.responses, points.layer) > 0.95
    assert own_among_nearest(points.features, points.layer) < 0.65


def own_among_nearest(x: np.ndarray, layer: np.ndarray) -> float:
    nearest = np.argsort(-np.corrcoef(x), axis=1)[:, 1:11]
    return float(np.mean(layer[nearest] == layer[:, None]))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_strangers_have_nothing_in_common(count):
    peak = np.random.default_rng(0).normal(size=(PICTURES, count))
    points = embed.unit_points([responses(np.zeros((PICTURES, 4))), responses(peak)])
    np.testing.assert_array_equal(points.features, points.responses)


def test_copies_of_a_unit_lie_beside_it():
    found, _ = layer("first", 0)
    peak = np.concatenate([found.peak, 7 * found.peak[:, :5] - 3], axis=1)
    points = embed.unit_points([Responses(peak, np.zeros((*peak.shape, 2), int), peak, peak**2)])
    positions = embed.tsne(points.features, perplexity=5)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    originals, copies = range(5), np.flatnonzero(points.unit >= FIRST + 2)
    for original, copy in zip(originals, copies, strict=True):
        assert copy in np.argsort(apart[original])[:2]


def test_a_kind_knows_its_pictures_networks_and_name(planted):
    points, kinds, _, clusters = planted
    names = ["first", "second"]
    parts = []
    for network, count in (("first", FIRST + 2), ("second", SECOND + 2)):
        iou = np.zeros((count, len(CONCEPTS)), np.float32)
        of_layer = kinds[points.layer == names.index(network)]
        iou[np.flatnonzero(of_layer == 0), CONCEPTS.index("wheel")] = NAMED + 0.1
        iou[np.flatnonzero(of_layer == 1)[:1], CONCEPTS.index("wheel")] = NAMED + 0.1
        iou[np.flatnonzero(of_layer > 1), CONCEPTS.index("wheel")] = NAMED - 0.01
        iou[:, CONCEPTS.index("object")] = 0.9  # which says nothing of what they are
        parts.append(PartScores(iou))
    found = embed.kinds(points, clusters, names, parts, pictures=3)
    truths = np.random.default_rng(99).normal(size=(10, PICTURES))
    for index, kind in enumerate(found):
        (truth,) = set(kinds[clusters == index])
        assert sorted(kind.points) == np.flatnonzero(clusters == index).tolist()
        assert kind.pictures[0] == truths[truth].argmax()
        assert len(kind.pictures) == 3
        assert (kind.name, kind.share) == (("wheel", 1.0) if truth == 0 else ("", 0.0))
        assert set(kind.networks) <= {name for name in names if truth in PLAN[name]}
        assert sum(kind.networks.values()) == len(kind.points)
    groups = embed.shared(found, names)
    assert set(groups) == {("first", "second"), ("first",), ("second",)}
    for have, indices in groups.items():
        for index in indices:
            (truth,) = set(kinds[clusters == index])
            assert have == tuple(name for name in names if truth in PLAN[name])
    assert set(embed.shared(found, ["first"])) == {("first",), ()}


def test_a_network_with_a_few_units_of_a_kind_does_not_have_it():
    kind = embed.Kind(tuple(range(30)), (), "", 0.0, {"first": 28, "second": 2})
    assert embed.shared([kind], ["first", "second"]) == {("first",): [0]}


def test_the_most_typical_unit_comes_first(planted):
    points, _, _, clusters = planted
    kind = embed.kinds(points, clusters, ["first", "second"])[0]
    middle = points.features[list(kind.points)].mean(axis=0)
    r = [np.corrcoef(middle, points.features[point])[0, 1] for point in kind.points]
    assert r == sorted(r, reverse=True)


def test_small_groups_that_lie_close_are_kinds_of_their_own():
    dice = np.random.default_rng(0)
    middles = [(x + far, y) for far in (0, 40) for x in (0, 2) for y in (0, 2)]
    positions = np.concatenate([dice.normal(middle, 0.4, (15, 2)) for middle in middles])
    found = embed.clustered(positions.astype(np.float32))
    assert found.max() + 1 >= 8  # the most stable clusters would be two
    far = positions[:, 0] > 20
    assert all(len(set(far[found == index])) == 1 for index in range(found.max() + 1))


def test_few_units_are_no_cluster():
    assert embed.clustered(np.zeros((3, 2), np.float32)).tolist() == [-1] * 3
    found, _ = layer("first", 0)
    points = embed.unit_points([found])
    assert embed.kinds(points, np.full(len(points.unit), -1), ["first"]) == []


def test_what_makes_no_map_of_units_is_refused():
    found, _ = layer("first", 0)
    other = responses(found.peak[:50])
    with pytest.raises(embed.NoMap, match=r"\[50, 60\] pictures"):
        embed.unit_points([found, other])
    with pytest.raises(embed.NoMap, match="choose layers"):
        embed.unit_points([])
    with pytest.raises(embed.NoMap, match="another layer"):
        embed.unit_points([responses(np.ones((5, 3)))])
