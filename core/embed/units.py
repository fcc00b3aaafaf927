"""Maps of neurons: units with similar responses are close together, whatever their network.

The idea of a map of what a network sees is the activation atlas's (Carter et al. 2019,
doi 10.23915/distill.00015). Here the points are units of any layers and networks, and their
features are their responses to the same pictures.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from core.dissect import CONCEPTS, PartScores, Responses
from core.dissect.concepts import OBJECT
from core.embed.reduction import NoMap

# A unit gets the name of a part if their intersection over union is at least this. Bau et al. 2017
# name units from 0.04 on; but drawn scenes have no parts as small as that, and the Neurons page
# uses 0.1 too.
MIN_IOU = 0.1
# A group gets a name if at least this share of its units has the name.
MAJORITY = 0.5
# Smallest cluster: 1 % of all units, and at least 5.
MIN_CLUSTER_SHARE, MIN_CLUSTER_SIZE = 0.01, 5
# HDBSCAN's `min_samples`: neighbours by which it estimates density. With 2, 70 % of the units of
# the bundled networks' last stages are in a cluster; with the smallest cluster's size, 50 %.
DENSITY_NEIGHBOURS = 2
# A layer's common response is subtracted if the mean correlation of its units exceeds this.
MAX_MEAN_CORRELATION = 0.3
# A unit is left unchanged if the subtraction leaves a standard deviation of no more than this.
MIN_DEVIATION = 1e-6
# A network belongs to a group if at least this share of the group's units is the network's.
MIN_NETWORK_SHARE = 0.1


@dataclass(frozen=True)
class Units:
    """Units of several layers as points for a map.

    Attributes:
        layer: Index of each unit's layer in the sequence of layers.
        unit: Index of each unit in its layer.
        responses: Each unit's peak responses, standardised over the pictures.
        features: The responses without the layer's common response, if that is strong; standardised
            again, so that squared distances are 2 n (1 - r) with r the correlation of two units.
        dead: Layer and unit index of the units that are dead (`Responses.dead`) or have a constant
            peak; they are not among the points.
    """

    layer: Int[np.ndarray, " u"]
    unit: Int[np.ndarray, " u"]
    responses: Float[np.ndarray, "u n"]
    features: Float[np.ndarray, "u n"]
    dead: Int[np.ndarray, "dead 2"]


def unit_points(layers: Sequence[Responses]) -> Units:
    """Convert the responses of several layers' units to points that `tsne` can map.

    Args:
        layers: The responses of each layer to the same pictures.

    Raises:
        NoMap: There is no layer, the numbers of pictures differ, or all units are constant.
    """
    picture_counts = {len(responses.peak) for responses in layers}
    if len(picture_counts) != 1 or picture_counts == {0}:
        raise NoMap(
            "A map of neurons needs the responses of its layers to the same pictures; choose layers"
            f" and one picture set for all of them (there are {sorted(picture_counts)} pictures)."
        )
    peak = np.concatenate([responses.peak for responses in layers], axis=1).astype(np.float64)
    sizes = [responses.peak.shape[1] for responses in layers]
    layer = np.repeat(np.arange(len(layers)), sizes)
    unit = np.concatenate([np.arange(size) for size in sizes])
    deviation = peak.std(axis=0)
    # A constant unit has no correlation with other units.
    dead = np.concatenate([responses.dead for responses in layers]) | (deviation == 0)
    if dead.all():
        raise NoMap("All of these channels are constant over these pictures; choose another layer.")
    standardised = ((peak - peak.mean(axis=0))[:, ~dead] / deviation[~dead]).T
    features = _subtract_common_response(standardised, layer[~dead])
    return Units(
        layer[~dead], unit[~dead], standardised.astype(np.float32), features.astype(np.float32),
        np.stack([layer[dead], unit[dead]], axis=1),
    )  # fmt: skip


def _subtract_common_response(
    standardised: Float[np.ndarray, "u n"], layer: Int[np.ndarray, " u"]
) -> Float[np.ndarray, "u n"]:
    """Subtract the mean response of a layer's units from each of them, if it is strong.

    The common response tells how strongly a picture excites the layer as a whole. The mean
    correlation of a layer's units is 0.7 in one bundled network and 0.02 to 0.04 in three others.
    If the common response stays, 999 of 1,000 of the units' ten nearest neighbours are of their own
    network, whatever the units detect.

    Args:
        standardised: Responses of mean 0 and standard deviation 1.
        layer: Index of each unit's layer.

    Returns:
        Responses of mean 0 and standard deviation 1.
    """
    common = np.zeros((layer.max() + 1, standardised.shape[1]))
    for index in np.unique(layer):
        responses = standardised[layer == index]
        mean, count = responses.mean(axis=0), len(responses)
        # The mean correlation r of n units follows from the variance of their mean, which is
        # 1 / n for uncorrelated units: var = (1 + (n - 1) r) / n.
        if count > 1 and (count * mean.var() - 1) / (count - 1) > MAX_MEAN_CORRELATION:
            common[index] = mean
    remainder = standardised - common[layer]
    deviation = remainder.std(axis=1, keepdims=True)
    # If all units of a layer are equal, nothing would remain of them.
    return np.where(
        deviation > MIN_DEVIATION, remainder / np.maximum(deviation, MIN_DEVIATION), standardised
    )


def find_clusters(positions: Float[np.ndarray, "u 2"]) -> Int[np.ndarray, " u"]:
    """Return each point's cluster on the map: 0 for the largest, -1 for points in no cluster.

    HDBSCAN (Campello et al. 2013, doi 10.1007/978-3-642-37456-2_14) on the map's positions, so that
    a cluster looks like a cluster. It selects the leaves of its tree, because the most stable
    branches sometimes contain nearly all points.
    """
    from sklearn.cluster import HDBSCAN  # 40 MB, which most pages do not need

    min_size = max(MIN_CLUSTER_SIZE, round(MIN_CLUSTER_SHARE * len(positions)))
    if len(positions) < 2 * min_size:
        return np.full(len(positions), -1)
    model = HDBSCAN(min_size, DENSITY_NEIGHBOURS, cluster_selection_method="leaf", copy=True)
    clusters = model.fit_predict(positions).tolist()
    sizes = Counter(cluster for cluster in clusters if cluster >= 0)
    by_size = {old: new for new, (old, _) in enumerate(sizes.most_common())}
    return np.array([by_size.get(cluster, -1) for cluster in clusters])


@dataclass(frozen=True)
class NeuronGroup:
    """A cluster of units with similar responses.

    Attributes:
        points: Indices of its units among the map's points, the most typical first.
        pictures: Indices of the pictures with the highest mean response, highest first.
        name: The part or background that most of its units detect; empty if there is none.
        share: Share of its units that detect it, 0 to 1; 0 if there is no name.
        networks: Number of its units in each network.
    """

    points: tuple[int, ...]
    pictures: tuple[int, ...]
    name: str
    share: float
    networks: Mapping[str, int]


def neuron_groups(
    units: Units,
    clusters: Int[np.ndarray, " u"],
    networks: Sequence[str],
    parts: Sequence[PartScores | None] = (),
    pictures: int = 12,
) -> list[NeuronGroup]:
    """Describe each cluster of units.

    Args:
        units: The units.
        clusters: The cluster of each unit, as returned by `find_clusters`.
        networks: The network of each layer.
        parts: The part scores of each layer, or None for a layer without; empty if no layer has
            any.
        pictures: Number of most exciting pictures to list.
    """
    names = _part_names(units, parts)
    return [
        _describe_group(units, np.flatnonzero(clusters == index), names, networks, pictures)
        for index in range(int(clusters.max(initial=-1)) + 1)
    ]


def groups_by_networks(
    groups: Sequence[NeuronGroup], networks: Sequence[str]
) -> dict[tuple[str, ...], list[int]]:
    """Sort groups by the networks that they belong to: all networks, some, or only one.

    A group belongs to a network if at least a tenth of its units are the network's.

    Args:
        groups: As returned by `neuron_groups`.
        networks: The networks to consider.

    Returns:
        Indices of groups by tuple of networks, the networks in the order of `networks`.
    """
    indices: dict[tuple[str, ...], list[int]] = {}
    for index, group in enumerate(groups):
        min_count = MIN_NETWORK_SHARE * len(group.points)
        members = tuple(
            name for name in dict.fromkeys(networks) if group.networks.get(name, 0) >= min_count
        )
        indices.setdefault(members, []).append(index)
    return indices


def _describe_group(
    units: Units,
    members: Int[np.ndarray, " members"],
    names: Sequence[str],
    networks: Sequence[str],
    pictures: int,
) -> NeuronGroup:
    mean_response = units.responses[members].mean(axis=0)
    typicality = units.features[members] @ units.features[members].mean(axis=0)
    name_counts = Counter(names[member] for member in members if names[member])
    name, count = name_counts.most_common(1)[0] if name_counts else ("", 0)
    has_name = count / len(members) >= MAJORITY
    return NeuronGroup(
        points=tuple(members[np.argsort(-typicality, kind="stable")].tolist()),
        pictures=tuple(np.argsort(-mean_response, kind="stable")[:pictures].tolist()),
        name=name if has_name else "",
        share=count / len(members) if has_name else 0.0,
        networks=dict(Counter(networks[layer] for layer in units.layer[members])),
    )


def _part_names(units: Units, parts: Sequence[PartScores | None]) -> list[str]:
    """Return the part or background that each unit overlaps most, or "" below `MIN_IOU`."""
    # Overlap with the whole object does not tell which part a unit detects.
    specific = [index for index, name in enumerate(CONCEPTS) if name != OBJECT]
    names = []
    for layer, unit in zip(units.layer, units.unit, strict=True):
        scores = parts[layer] if parts else None
        overlaps = scores.iou[unit, specific] if scores else np.zeros(1)
        best = int(overlaps.argmax())
        names.append(CONCEPTS[specific[best]] if overlaps[best] >= MIN_IOU else "")
    return names
