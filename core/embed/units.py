"""Maps of neurons: units that respond alike lie together, of whatever layers and networks.

After the activation atlases' idea of a map of what a network sees (Carter et al. 2019,
doi 10.23915/distill.00015), with units for points: each is placed by its responses to the same
pictures.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.cluster import HDBSCAN

from core.dissect import CONCEPTS, PartScores, Responses
from core.dissect.concepts import OBJECT
from core.embed.reduction import NoMap

# Overlap of a unit with a part from which the part's name says something (Bau et al. 2017 name
# units from 0.04 on; drawn scenes have no smaller things, and one in ten is what the Neurons pages
# ask for).
NAMED = 0.1
# Share of a cluster's units that have to bear a name for the cluster to bear it.
MAJORITY = 0.5
# Units that a cluster has at least, as a share of all, and in number.
LEAST_SHARE, LEAST = 0.01, 5
# Points by which it is told how dense a place is. With 2, seven units in ten of the bundled
# networks' last stages are in a cluster; with as many as a cluster has at least, every other one.
CLOSE = 2
# Mean correlation of a layer's units that is much to have in common, and standard deviations below
# which nothing is left of a unit.
MUCH, NOTHING = 0.3, 1e-6
# Share of a cluster's units from which a network counts as having such units.
PRESENT = 0.1


@dataclass(frozen=True)
class Units:
    """Units of several layers as points.

    Attributes:
        layer: Which of the layers each is of, by its number in the order given.
        unit: Its number there.
        responses: Its peak responses, of mean 0 and standard deviation 1 over the pictures.
        features: The same less what its layer's units have in common, where that is much. Of the
            same mean and deviation, so that squared distances are 2 n (1 - r), r the correlation of
            two units.
        dead: Layer and number of units that never change; they are no points.
    """

    layer: Int[np.ndarray, " u"]
    unit: Int[np.ndarray, " u"]
    responses: Float[np.ndarray, "u n"]
    features: Float[np.ndarray, "u n"]
    dead: Int[np.ndarray, "dead 2"]


def unit_points(layers: Sequence[Responses]) -> Units:
    """The units of some layers as points that `tsne` can place.

    Args:
        layers: Responses to the same pictures.

    Raises:
        NoMap: There is no layer, the pictures are not the same in number, or no unit is alive.
    """
    counts = {len(found.peak) for found in layers}
    if len(counts) != 1 or counts == {0}:
        raise NoMap(
            "Units lie on one map by their responses to the same pictures; choose layers, and one"
            f" set of pictures for all of them (there are {sorted(counts)} pictures)."
        )
    peak = np.concatenate([found.peak for found in layers], axis=1).astype(np.float64)
    sizes = [found.peak.shape[1] for found in layers]
    layer = np.repeat(np.arange(len(layers)), sizes)
    unit = np.concatenate([np.arange(size) for size in sizes])
    spread = peak.std(axis=0)
    # Of a unit that always comes to the same peak nobody can say what it is like.
    dead = np.concatenate([found.dead for found in layers]) | (spread == 0)
    if dead.all():
        raise NoMap("None of these units ever changes over these pictures; choose another layer.")
    standard = (peak - peak.mean(axis=0))[:, ~dead] / spread[~dead]
    features = _without_common(standard.T, layer[~dead])
    return Units(
        layer[~dead], unit[~dead], standard.T.astype(np.float32), features.astype(np.float32),
        np.stack([layer[dead], unit[dead]], axis=1),
    )  # fmt: skip


def _without_common(
    standard: Float[np.ndarray, "u n"], layer: Int[np.ndarray, " u"]
) -> Float[np.ndarray, "u n"]:
    """Each unit without what its layer's units have in common, where that is much.

    What is common says how strongly a picture excites the layer as a whole. Of one bundled network
    it is 0.7 of all, of three others 0.02 to 0.04; with it a unit's ten nearest are of its own
    network in 999 of 1,000, whatever they look for.
    """
    common = np.zeros((layer.max() + 1, standard.shape[1]))
    for one in np.unique(layer):
        units = standard[layer == one]
        mean, count = units.mean(axis=0), len(units)
        # The mean correlation of two units: of n that have nothing in common, 1 / n is left in the
        # variance of their mean.
        if count > 1 and (count * mean.var() - 1) / (count - 1) > MUCH:
            common[one] = mean
    own = standard - common[layer]
    spread = own.std(axis=1, keepdims=True)
    # Of units that are all the same nothing would be left: they stay as they are.
    return np.where(spread > NOTHING, own / np.maximum(spread, NOTHING), standard)


def clustered(positions: Float[np.ndarray, "u 2"]) -> Int[np.ndarray, " u"]:
    """Which cluster of the map each point is in, the largest first; -1 for those in none.

    HDBSCAN (Campello et al. 2013, doi 10.1007/978-3-642-37456-2_14) on the map as it is seen, so
    that what is called a cluster looks like one. The leaves of its tree are taken: its steadiest
    branches are now and then nearly the whole map.
    """
    least = max(LEAST, round(LEAST_SHARE * len(positions)))
    if len(positions) < 2 * least:
        return np.full(len(positions), -1)
    finder = HDBSCAN(least, CLOSE, cluster_selection_method="leaf", copy=True)
    found = finder.fit_predict(positions)
    sizes = Counter(found[found >= 0].tolist())
    order = {old: new for new, (old, _) in enumerate(sizes.most_common())}
    return np.array([order.get(one, -1) for one in found.tolist()])


@dataclass(frozen=True)
class Kind:
    """Units that respond alike.

    Attributes:
        points: Which of the map's points they are, the most typical first.
        pictures: The pictures that excite them most together, strongest first.
        name: The part or place that most of them respond to; empty where there is none.
        share: Of its units that bear the name.
        networks: How many units of each network are among them.
    """

    points: tuple[int, ...]
    pictures: tuple[int, ...]
    name: str
    share: float
    networks: Mapping[str, int]


def kinds(
    found: Units,
    clusters: Int[np.ndarray, " u"],
    networks: Sequence[str],
    parts: Sequence[PartScores | None] = (),
    pictures: int = 12,
) -> list[Kind]:
    """What each cluster of units is.

    Args:
        found: The units.
        clusters: As `clustered` gives them.
        networks: Of each layer.
        parts: Of each layer, None where not known; none at all where empty.
        pictures: How many of the most exciting ones.
    """
    names = _names(found, parts)
    return [
        _kind(found, np.flatnonzero(clusters == index), names, networks, pictures)
        for index in range(int(clusters.max(initial=-1)) + 1)
    ]


def shared(found: Sequence[Kind], networks: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    """Which kinds are of which networks: all have them, some, or only one.

    A network has a kind if a tenth of its units are the network's.

    Args:
        found: As `kinds` gives them.
        networks: Those looked at; others don't count.

    Returns:
        Indices of kinds by the networks that have them, in the order of `networks`.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, kind in enumerate(found):
        least = PRESENT * len(kind.points)
        have = tuple(
            name for name in dict.fromkeys(networks) if kind.networks.get(name, 0) >= least
        )
        groups.setdefault(have, []).append(index)
    return groups


def _kind(
    found: Units,
    members: Int[np.ndarray, " members"],
    names: Sequence[str],
    networks: Sequence[str],
    pictures: int,
) -> Kind:
    together = found.responses[members].mean(axis=0)
    likeness = found.features[members] @ found.features[members].mean(axis=0)
    named = Counter(names[member] for member in members if names[member])
    name, count = named.most_common(1)[0] if named else ("", 0)
    bears = count / len(members) >= MAJORITY
    return Kind(
        points=tuple(members[np.argsort(-likeness, kind="stable")].tolist()),
        pictures=tuple(np.argsort(-together, kind="stable")[:pictures].tolist()),
        name=name if bears else "",
        share=count / len(members) if bears else 0.0,
        networks=dict(Counter(networks[layer] for layer in found.layer[members])),
    )


def _names(found: Units, parts: Sequence[PartScores | None]) -> list[str]:
    """The part or place that each unit covers best, where it covers it well."""
    telling = [index for index, name in enumerate(CONCEPTS) if name != OBJECT]
    names = []
    for layer, unit in zip(found.layer, found.unit, strict=True):
        scores = parts[layer] if parts else None
        overlaps = scores.iou[unit, telling] if scores else np.zeros(1)
        best = int(overlaps.argmax())
        names.append(CONCEPTS[telling[best]] if overlaps[best] >= NAMED else "")
    return names
