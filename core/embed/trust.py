"""Measure the quality of a map: does it keep neighbours and classes together?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from core.arguments import require_count, require_equal_counts
from core.embed.affinity import Neighbours, nearest_neighbours
from core.embed.reduction import euclidean_points
from core.steps import Progress, Steps, drain

# Default number of neighbours that the measures compare.
NEIGHBOURS = 10
# Largest number of points whose neighbours are evaluated. Their mean differs from the mean over all
# points by at most 0.001, and takes a tenth of the time.
MAX_EVALUATED = 2000


def trustworthiness(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float:
    """Compute the trustworthiness of a map. See `trustworthiness_steps`."""
    return drain(trustworthiness_steps(features, positions, k, metric))


def trustworthiness_steps(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> Steps[float]:
    """Compute the trustworthiness of a map: are neighbours on the map neighbours by features?

    T(k) = 1 - 2 / (n k (2n - 3k - 1)) Σ_i Σ_j max(0, r(i, j) - k), where j runs over the k nearest
    neighbours of i on the map, and r is the rank of j among the neighbours of i by features (Venna
    and Kaski 2001). A random map scores about 0.5. With more than 2,000 points, i runs over 2,000
    evenly spaced ones. A step is a block of points.

    Args:
        features: One row per point.
        positions: The map.
        k: Number of neighbours; lowered if there are no more than 2k points.
        metric: The metric of the features, "euclidean" or "cosine".

    Returns:
        0 to 1.
    """
    return (yield from _rank_quality(euclidean_points(features, metric), positions, k))


def continuity(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float:
    """Compute the continuity of a map. See `continuity_steps`."""
    return drain(continuity_steps(features, positions, k, metric))


def continuity_steps(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "m 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> Steps[float]:
    """Compute the continuity of a map: are neighbours by features neighbours on the map?

    Trustworthiness with map and features exchanged (Venna and Kaski 2001); same arguments.

    Returns:
        0 to 1.
    """
    return (yield from _rank_quality(positions, euclidean_points(features, metric), k))


def kept_neighbours(
    positions: Float[np.ndarray, "n a"], others: Float[np.ndarray, "m b"], k: int = NEIGHBOURS
) -> Float[np.ndarray, " n"]:
    """Compute the share of each point's k nearest neighbours that two maps have in common.

    Args:
        positions: A map, or features.
        others: Another map, or other features, of the same points.
        k: Number of neighbours; lowered if there are too few points.

    Returns:
        One share per point, 0 to 1.
    """
    require_equal_counts(positions=positions, others=others)
    require_count("k, the number of neighbours,", k)
    count = min(k, len(positions) - 1)
    if count < 1:
        return np.ones(len(positions), np.float32)
    blocks = zip(
        nearest_neighbours(positions, count), nearest_neighbours(others, count), strict=True
    )
    shares = [
        (first.indices[:, :, None] == second.indices[:, None, :]).any(axis=2).mean(axis=1)
        for first, second in blocks
    ]
    return np.concatenate(shares).astype(np.float32)


def purity(
    x: Float[np.ndarray, "n d"],
    labels: Sequence[str],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float | None:
    """Compute the share of nearest neighbours of the same class. See `purity_steps`."""
    return drain(purity_steps(x, labels, k, metric))


def purity_steps(
    x: Float[np.ndarray, "n d"],
    labels: Sequence[str],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> Steps[float | None]:
    """Compute the mean share of each point's nearest neighbours that are of its class.

    A step is a block of points.

    The neighbourhood hit of Paulovich et al. 2008 (doi 10.1109/TVCG.2007.70443). In a small class,
    only as many neighbours count as a point has classmates, so that every share can reach 1. Points
    without a label are ignored. A point without classmates has no share of its own, but it can be a
    neighbour of others.

    Args:
        x: Features, or positions on a map.
        labels: One class label per point, empty for unlabelled points; or an empty sequence.
        k: Number of neighbours.
        metric: The metric of x, "euclidean" or "cosine".

    Returns:
        0 to 1; None if no class has two points.
    """
    require_equal_counts(points=x, labels=labels if len(labels) else x)
    require_count("k, the number of neighbours,", k)
    names = np.asarray(labels, str)
    labelled = names != ""
    _, classes, sizes = np.unique(names[labelled], return_inverse=True, return_counts=True)
    counts = np.minimum(k, sizes[classes] - 1)
    if not counts.any():
        return None
    blocks = nearest_neighbours(euclidean_points(x, metric)[labelled], int(counts.max()))
    shares: list[np.ndarray] = []
    done = 0
    for block in blocks:
        shares.append(_same_class_shares(block, classes, counts))
        done += len(block.rows)
        yield Progress(done, int(labelled.sum()), note="comparing with the labels")
    return float(np.concatenate(shares).mean())


def _same_class_shares(
    neighbours: Neighbours, classes: Int[np.ndarray, " n"], counts: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " m"]:
    """Compute each point's share of neighbours of its class; leave out points without classmates.

    Args:
        neighbours: Neighbours of a block of points.
        classes: Class index of every point.
        counts: Number of neighbours to use for every point; 0 for points without classmates.
    """
    count = counts[neighbours.rows]
    same = classes[neighbours.indices] == classes[neighbours.rows, None]
    counted = np.arange(same.shape[1]) < count[:, None]
    return ((same & counted).sum(axis=1)[count > 0]) / count[count > 0]


def _rank_quality(
    x: Float[np.ndarray, "n dx"], y: Float[np.ndarray, "m dy"], k: int
) -> Steps[float]:
    """Compute T(k) of `trustworthiness_steps`: are neighbours in y also neighbours in x?

    Args:
        x: Points whose distances define the ranks.
        y: The same points elsewhere, whose k nearest neighbours are judged.
        k: Number of neighbours.
    """
    require_equal_counts(features=x, positions=y)
    require_count("k, the number of neighbours,", k)
    n = len(x)
    k = min(k, (n - 1) // 2)  # the normalisation of T(k) holds for k < n / 2 only
    if k < 1:
        return 1.0
    evaluated = np.unique(np.linspace(0, n - 1, min(n, MAX_EVALUATED)).astype(int))
    penalty, done = 0, 0
    for block in nearest_neighbours(y, k, evaluated):
        penalty += _rank_penalty(x, block)
        done += len(block.rows)
        yield Progress(done, len(evaluated), note="evaluating the map")
    return 1 - 2 * penalty / (len(evaluated) * k * (2 * n - 3 * k - 1))


def _rank_penalty(x: Float[np.ndarray, "n d"], neighbours: Neighbours) -> int:
    """Sum max(0, rank - k) over all neighbours; k is their number per point.

    A neighbour's rank is by its distance in x. Equal distances share the best of their ranks.
    """
    from sklearn.metrics.pairwise import euclidean_distances

    squared = euclidean_distances(x[neighbours.rows], x, squared=True)
    distances = np.take_along_axis(squared, neighbours.indices, axis=1)
    # The point itself, at distance 0, precedes all others, so that the nearest has rank 1.
    ranks = np.stack([(squared < column[:, None]).sum(axis=1) for column in distances.T], axis=1)
    return int(np.clip(ranks - neighbours.indices.shape[1], 0, None).sum())
