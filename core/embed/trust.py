"""How far a map can be trusted: who stayed neighbours, and whether classes did."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from sklearn.metrics.pairwise import euclidean_distances

from core.embed.affinity import Neighbours, nearest
from core.embed.reduction import points
from core.steps import Progress, Steps, drain

# Neighbours that are looked at.
NEIGHBOURS = 10
# Points whose neighbours are judged, at most: the mean over so many is within a thousandth of the
# mean over all, at a tenth of the time.
JUDGED = 2000


def trustworthiness(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float:
    """How true the neighbourhoods of a map are. See `trustworthiness_steps`."""
    return drain(trustworthiness_steps(features, positions, k, metric))


def trustworthiness_steps(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> Steps[float]:
    """How true the neighbourhoods of a map are, 0 to 1; a step is some points.

    T(k) = 1 - 2 / (n k (2n - 3k - 1)) Σ_i Σ_j max(0, r(i, j) - k), j the k points next to i on the
    map, and r the rank of j among the points next to i by features (Venna and Kaski 2001). 0.5 is
    what chance gives. Over 2,000 points evenly taken where there are more.

    Args:
        features: One row a point.
        positions: The map.
        k: Neighbours looked at; fewer where there are not twice as many points.
        metric: Of the features.
    """
    return (yield from _kept(points(features, metric), positions, k))


def continuity(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float:
    """How whole the neighbourhoods by features are on the map. See `continuity_steps`."""
    return drain(continuity_steps(features, positions, k, metric))


def continuity_steps(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> Steps[float]:
    """How whole the neighbourhoods by features are on the map, 0 to 1; a step is some points.

    Trustworthiness with map and features exchanged (Venna and Kaski 2001). Arguments as there.
    """
    return (yield from _kept(positions, points(features, metric), k))


def kept_neighbours(
    positions: Float[np.ndarray, "n a"], others: Float[np.ndarray, "n b"], k: int = NEIGHBOURS
) -> Float[np.ndarray, " n"]:
    """The share of each point's nearest points on one map that are nearest on another, 0 to 1.

    Args:
        positions: A map, or features.
        others: Another, of the same points.
        k: Neighbours looked at; fewer where there are not so many points.
    """
    count = min(k, len(positions) - 1)
    if count < 1:
        return np.ones(len(positions), np.float32)
    pairs = zip(nearest(positions, count), nearest(others, count), strict=True)
    kept = [
        (one.indices[:, :, None] == other.indices[:, None, :]).any(axis=2).mean(axis=1)
        for one, other in pairs
    ]
    return np.concatenate(kept).astype(np.float32)


def purity(
    x: Float[np.ndarray, "n d"],
    labels: Sequence[str],
    k: int = NEIGHBOURS,
    metric: str = "euclidean",
) -> float | None:
    """Share of the nearest points that are of a point's own class, over all labelled points.

    The neighbourhood hit of Paulovich et al. 2008 (doi 10.1109/TVCG.2007.70443). A point's k
    nearest are looked at, or as many as there are others of its class where those are fewer, so
    that 1 can be reached. Points without a label do not count, neither as points nor as neighbours;
    the only one of its class counts as a neighbour alone.

    Args:
        x: Features, or positions on a map.
        labels: One a point, empty where there is none; or none at all.
        k: Neighbours looked at.
        metric: By which they are near.

    Returns:
        0 to 1; None where no class has two points.
    """
    names = np.asarray(labels, str)
    labelled = names != ""
    _, classes, sizes = np.unique(names[labelled], return_inverse=True, return_counts=True)
    others = np.minimum(k, sizes[classes] - 1)
    if not others.any():
        return None
    near = nearest(points(x, metric)[labelled], int(others.max()))
    shares = [_own_class(found, classes, others) for found in near]
    return float(np.concatenate(shares).mean())


def _own_class(
    found: Neighbours, classes: Int[np.ndarray, " n"], others: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " m"]:
    """Each point's share of neighbours of its class; points that are alone in it are left out."""
    looked_at = others[found.rows]
    same = classes[found.indices] == classes[found.rows, None]
    counted = np.arange(same.shape[1]) < looked_at[:, None]
    return ((same & counted).sum(axis=1)[looked_at > 0]) / looked_at[looked_at > 0]


def _kept(x: Float[np.ndarray, "n dx"], y: Float[np.ndarray, "n dy"], k: int) -> Steps[float]:
    """How far the neighbours by y are neighbours by x."""
    n = len(x)
    k = min(k, (n - 1) // 2)  # with more, the sum's greatest value is another
    if k < 1:
        return 1.0
    judged = np.unique(np.linspace(0, n - 1, min(n, JUDGED)).astype(int))
    strayed, done = 0, 0
    for found in nearest(y, k, judged):
        strayed += _strayed(x, found)
        done += len(found.rows)
        yield Progress(done, len(judged), note="judging the map")
    return 1 - 2 * strayed / (len(judged) * k * (2 * n - 3 * k - 1))


def _strayed(x: Float[np.ndarray, "n d"], found: Neighbours) -> int:
    """By how many ranks the neighbours are farther than they should be. Equal distances do not."""
    squared = euclidean_distances(x[found.rows], x, squared=True)
    near = np.take_along_axis(squared, found.indices, axis=1)
    # The point itself is nearer than all of them, so that the nearest has rank 1.
    ranks = np.stack([(squared < column[:, None]).sum(axis=1) for column in near.T], axis=1)
    return int(np.clip(ranks - found.indices.shape[1], 0, None).sum())
