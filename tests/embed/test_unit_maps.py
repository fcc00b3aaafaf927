"""Maps of neurons: units with similar responses are close, whatever their scale and network."""

from dataclasses import replace

import numpy as np
import pytest

from core import embed
from core.dissect import CONCEPTS, PartScores, Responses
from core.embed.units import MIN_IOU

PICTURES = 60
# Number of units by group in each network: groups 0 to 7 are in both networks, 8 and 9 in one.
SHARED = range(8)
PLAN = {
    "first": dict.fromkeys(SHARED, 10) | {8: 10},
    "second": dict.fromkeys(SHARED, 9) | {9: 12},
}
FIRST, SECOND = (sum(plan.values()) for plan in PLAN.values())
# Each group's response to each picture, before noise and scaling.
GROUP_RESPONSES = np.random.default_rng(99).normal(size=(10, PICTURES))


def responses_with_peaks(peak: np.ndarray) -> Responses:
    peak = peak.astype(np.float32)
    return Responses(peak, np.zeros((*peak.shape, 2), int), peak, peak**2 + 0.1)


def random_layer(network: str, seed: int) -> tuple[Responses, np.ndarray]:
    """Draw a network's planned units with random scales, followed by two dead units.

    Returns:
        The responses, and the group of each unit that is not dead.
    """
    random = np.random.default_rng(seed)
    groups = np.repeat(list(PLAN[network]), list(PLAN[network].values()))
    scale = random.uniform(3, 100, len(groups))
    noise = random.normal(size=(len(groups), PICTURES))
    peak = (GROUP_RESPONSES[groups] + 0.3 * noise).T * scale + 5 * scale
    peak = np.concatenate([peak, np.full((PICTURES, 2), 0.25)], axis=1)
    mean = peak - peak.mean(axis=0)
    square = mean**2
    responses = Responses(peak.astype(np.float32), np.zeros((*peak.shape, 2), int),
                          mean.astype(np.float32), square.astype(np.float32))  # fmt: skip
    return responses, groups


@pytest.fixture(scope="module")
def planned():
    """The units of both networks, their groups, a map and its clusters."""
    (first, first_groups), (second, second_groups) = (
        random_layer("first", 0),
        random_layer("second", 1),
    )
    units = embed.unit_points([first, second])
    positions = embed.tsne(units.features, perplexity=8)
    groups = np.concatenate([first_groups, second_groups])
    return units, groups, positions, embed.find_clusters(positions)


def test_squared_distances_equal_two_n_times_one_minus_correlation(planned):
    units, *_ = planned
    responses, _ = random_layer("first", 0)
    r = np.corrcoef(responses.peak[:, [3, 20]].T)[0, 1]
    squared = np.square(units.features[3] - units.features[20]).sum()
    assert squared == pytest.approx(2 * PICTURES * (1 - r), rel=1e-4)


def test_units_keep_their_indices_and_dead_units_are_listed(planned):
    units, groups, *_ = planned
    assert units.layer.tolist() == [0] * FIRST + [1] * SECOND
    assert units.unit.tolist() == [*range(FIRST), *range(SECOND)]
    assert units.dead.tolist() == [[0, FIRST], [0, FIRST + 1], [1, SECOND], [1, SECOND + 1]]
    assert len(units.features) == len(groups)


def test_units_with_similar_responses_form_one_cluster(planned):
    _, groups, positions, clusters = planned
    assert embed.purity(positions, [str(group) for group in groups]) > 0.95
    members = [groups[clusters == index] for index in range(clusters.max() + 1)]
    largest = [np.bincount(groups_in_cluster).max() for groups_in_cluster in members]
    assert sum(largest) > 0.97 * sum(map(len, members))  # each cluster has one group's units
    assert set(np.concatenate(members)) == set(range(10))
    assert np.mean(clusters >= 0) > 0.7
    sizes = [int((clusters == index).sum()) for index in range(clusters.max() + 1)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_common_response_of_a_layer_does_not_separate_networks():
    """Without its subtraction, units are near units of their own network only."""
    layers, groups = zip(*(random_layer("first", seed) for seed in (0, 1)), strict=True)
    with_common_response = []
    for index, responses in enumerate(layers):
        common = np.random.default_rng(200 + index).normal(size=(PICTURES, 1))
        peak = responses.peak + 3 * common * responses.peak.std(axis=0)
        with_common_response.append(replace(responses, peak=peak.astype(np.float32)))
    units = embed.unit_points(with_common_response)
    labels = [str(group) for group in np.concatenate(groups)]
    assert embed.purity(units.features, labels) > 0.95
    assert share_of_own_layer(units.responses, units.layer) > 0.95
    assert share_of_own_layer(units.features, units.layer) < 0.65


def share_of_own_layer(x: np.ndarray, layer: np.ndarray) -> float:
    """Compute the share of the ten most correlated units that are of a unit's own layer."""
    neighbours = np.argsort(-np.corrcoef(x), axis=1)[:, 1:11]
    return float(np.mean(layer[neighbours] == layer[:, None]))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_unrelated_units_have_no_common_response(count):
    peak = np.random.default_rng(0).normal(size=(PICTURES, count))
    units = embed.unit_points(
        [responses_with_peaks(np.zeros((PICTURES, 4))), responses_with_peaks(peak)]
    )
    np.testing.assert_array_equal(units.features, units.responses)


def test_copies_of_units_are_next_to_the_originals_on_the_map():
    responses, _ = random_layer("first", 0)
    peak = np.concatenate([responses.peak, 7 * responses.peak[:, :5] - 3], axis=1)
    units = embed.unit_points([Responses(peak, np.zeros((*peak.shape, 2), int), peak, peak**2)])
    positions = embed.tsne(units.features, perplexity=5)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    originals, copies = range(5), np.flatnonzero(units.unit >= FIRST + 2)
    for original, copy in zip(originals, copies, strict=True):
        assert copy in np.argsort(distances[original])[:2]


def part_scores(group_of_unit: np.ndarray, count: int) -> PartScores:
    """Return scores by which group 0, and the first unit of group 1, detect wheels."""
    iou = np.zeros((count, len(CONCEPTS)), np.float32)
    wheel = CONCEPTS.index("wheel")
    iou[np.flatnonzero(group_of_unit == 0), wheel] = MIN_IOU + 0.1
    iou[np.flatnonzero(group_of_unit == 1)[:1], wheel] = MIN_IOU + 0.1
    iou[np.flatnonzero(group_of_unit > 1), wheel] = MIN_IOU - 0.01
    iou[:, CONCEPTS.index("object")] = 0.9  # the whole object never gives a name
    return PartScores(iou)


def test_groups_have_their_points_pictures_names_and_networks(planned):
    """The planned groups serve as clusters, because a map's clusters vary between machines."""
    units, groups, *_ = planned
    names = ["first", "second"]
    parts = [
        part_scores(groups[units.layer == index], count + 2)
        for index, count in enumerate((FIRST, SECOND))
    ]
    described = embed.neuron_groups(units, groups, names, parts, pictures=3)
    for index, group in enumerate(described):
        assert sorted(group.points) == np.flatnonzero(groups == index).tolist()
        assert group.pictures[0] == GROUP_RESPONSES[index].argmax()
        assert len(group.pictures) == 3
        assert (group.name, group.share) == (("wheel", 1.0) if index == 0 else ("", 0.0))
        assert set(group.networks) == {name for name in names if index in PLAN[name]}
        assert sum(group.networks.values()) == len(group.points)
    by_networks = embed.groups_by_networks(described, names)
    assert set(by_networks) == {("first", "second"), ("first",), ("second",)}
    for networks, indices in by_networks.items():
        for index in indices:
            assert networks == tuple(name for name in names if index in PLAN[name])
    assert set(embed.groups_by_networks(described, ["first"])) == {("first",), ()}


def test_a_group_does_not_belong_to_a_network_with_few_of_its_units():
    group = embed.NeuronGroup(tuple(range(30)), (), "", 0.0, {"first": 28, "second": 2})
    assert embed.groups_by_networks([group], ["first", "second"]) == {("first",): [0]}


def test_points_of_a_group_are_sorted_by_typicality(planned):
    units, groups, *_ = planned
    group = embed.neuron_groups(units, groups, ["first", "second"])[0]
    mean = units.features[list(group.points)].mean(axis=0)
    r = [np.corrcoef(mean, units.features[point])[0, 1] for point in group.points]
    assert r == sorted(r, reverse=True)


def test_small_neighbouring_clusters_are_not_merged():
    random = np.random.default_rng(0)
    centres = [(x + offset, y) for offset in (0, 40) for x in (0, 2) for y in (0, 2)]
    positions = np.concatenate([random.normal(centre, 0.4, (15, 2)) for centre in centres])
    clusters = embed.find_clusters(positions.astype(np.float32))
    assert clusters.max() + 1 >= 8  # the most stable branches would be two clusters
    right_half = positions[:, 0] > 20
    assert all(len(set(right_half[clusters == index])) == 1 for index in range(clusters.max() + 1))


def test_few_units_form_no_cluster():
    assert embed.find_clusters(np.zeros((3, 2), np.float32)).tolist() == [-1] * 3
    responses, _ = random_layer("first", 0)
    units = embed.unit_points([responses])
    assert embed.neuron_groups(units, np.full(len(units.unit), -1), ["first"]) == []


def test_layers_that_allow_no_map_raise_an_error_with_the_way_out():
    responses, _ = random_layer("first", 0)
    fewer_pictures = responses_with_peaks(responses.peak[:50])
    with pytest.raises(embed.NoMap, match=r"\[50, 60\] pictures"):
        embed.unit_points([responses, fewer_pictures])
    with pytest.raises(embed.NoMap, match="choose layers"):
        embed.unit_points([])
    with pytest.raises(embed.NoMap, match="another layer"):
        embed.unit_points([responses_with_peaks(np.ones((5, 3)))])
