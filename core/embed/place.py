"""A new picture on a map that is made already: nothing else moves."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from core.embed.affinity import conditional, perplexity_for
from core.embed.reduction import points

# As openTSNE places points: few neighbours count, and a little more attraction keeps a point from
# the rim of its cluster (Poličar et al. 2023, doi 10.1007/s10994-021-06043-1, section 3).
PERPLEXITY, EXAGGERATION = 5.0, 1.5


def place(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "n 2"],
    new: Float[np.ndarray, "m d"],
    metric: str = "euclidean",
) -> Float[np.ndarray, "m 2"]:
    """Where new points belong on a map, float32; each by itself.

    Each lies where Σ_j p_j log q_j is greatest: p_j says how near it is to the points of the map
    among all dimensions, q_j ∝ 1 / (1 + |y - y_j|²) on the map. That is sought downhill from the
    best of the places of its neighbours.

    Args:
        features: Of the points on the map.
        positions: Where they lie.
        new: Features of the new points.
        metric: That of the map.

    Raises:
        NoMap: Values are not finite, or nothing is on the map.
    """
    if len(new) == 0:
        return np.empty((0, 2), np.float32)
    x, y = points(features, metric), points(new, metric)
    squared = cdist(y, x, "sqeuclidean")
    perplexity = perplexity_for(len(x) + 1, PERPLEXITY)
    count = min(len(x), int(3 * PERPLEXITY))
    rows = np.argpartition(squared, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(squared, rows, axis=1)
    weights = conditional(near, perplexity) if perplexity else np.full(near.shape, 1 / count)
    placed = [_settled(positions, *one) for one in zip(rows, weights, strict=True)]
    return np.array(placed, np.float32)


def _settled(
    positions: np.ndarray, rows: np.ndarray, weights: np.ndarray
) -> Float[np.ndarray, " 2"]:
    """The best place near its neighbours."""
    others = positions.astype(np.float64)
    own = np.zeros(len(others))
    own[rows] = EXAGGERATION * weights
    starts = [*others[rows], weights @ others[rows]]
    begin = min(starts, key=lambda start: _cost(start, others, own)[0])
    found = minimize(_cost, begin, args=(others, own), jac=True, method="L-BFGS-B")
    return found.x


def _cost(
    y: Float[np.ndarray, " 2"], others: Float[np.ndarray, "n 2"], weights: Float[np.ndarray, " n"]
) -> tuple[float, Float[np.ndarray, " 2"]]:
    """Σ w log(1 + d²) + log Σ 1/(1 + d²), with its gradient."""
    apart = y - others
    near = 1 / (1 + np.square(apart).sum(axis=1))
    total = near.sum()
    cost = np.log(total) - weights @ np.log(near)
    gradient = 2 * (weights * near - near**2 / total) @ apart
    return float(cost), gradient
