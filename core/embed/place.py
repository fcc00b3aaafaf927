"""New points on an existing t-SNE map, whose own points keep their positions."""

import numpy as np
from jaxtyping import Float

from core.arguments import require_equal_counts
from core.embed.affinity import (
    NEIGHBOURS_PER_PERPLEXITY,
    conditional_probabilities,
    feasible_perplexity,
)
from core.embed.reduction import euclidean_points

# As openTSNE does it: a low perplexity, and a little exaggeration, which keeps a point from the rim
# of its cluster (Poličar et al. 2023, doi 10.1007/s10994-021-06043-1, section 3).
PERPLEXITY, EXAGGERATION = 5.0, 1.5


def place(
    features: Float[np.ndarray, "n d"],
    positions: Float[np.ndarray, "k 2"],
    new_features: Float[np.ndarray, "m d"],
    metric: str = "euclidean",
) -> Float[np.ndarray, "m 2"]:
    """Compute positions of new points on an existing map, each independently of the others.

    A new point's position y maximises Σ_j p_j log q_j: p_j is its similarity to the map's point j
    in feature space, q_j ∝ 1 / (1 + |y - y_j|²) the similarity on the map. The optimisation starts
    from the best position among its neighbours' positions and their weighted mean.

    Args:
        features: Features of the map's points.
        positions: Positions of the map's points.
        new_features: Features of the new points.
        metric: The metric of the map, "euclidean" or "cosine".

    Returns:
        Positions of the new points, float32.

    Raises:
        NoMap: The map is empty, features are not finite, or there is no such metric.
        BadArgument: The map's features and positions differ in number.
    """
    require_equal_counts(features=features, positions=positions)
    if len(new_features) == 0:
        return np.empty((0, 2), np.float32)
    from scipy.spatial.distance import cdist

    x, y = euclidean_points(features, metric), euclidean_points(new_features, metric)
    squared = cdist(y, x, "sqeuclidean")
    perplexity = feasible_perplexity(len(x) + 1, PERPLEXITY)
    count = min(len(x), int(NEIGHBOURS_PER_PERPLEXITY * PERPLEXITY))
    neighbours = np.argpartition(squared, count - 1, axis=1)[:, :count]
    distances = np.take_along_axis(squared, neighbours, axis=1)
    if perplexity:
        weights = conditional_probabilities(distances, perplexity)
    else:
        weights = np.full(distances.shape, 1 / count)
    placed = [
        _best_position(positions, indices, row)
        for indices, row in zip(neighbours, weights, strict=True)
    ]
    return np.array(placed, np.float32)


def _best_position(
    positions: np.ndarray, neighbours: np.ndarray, weights: np.ndarray
) -> Float[np.ndarray, " 2"]:
    """Minimise the cost of one new point, given its neighbours on the map and their weights."""
    from scipy.optimize import minimize

    map_points = positions.astype(np.float64)
    attraction = np.zeros(len(map_points))
    attraction[neighbours] = EXAGGERATION * weights
    candidates = [*map_points[neighbours], weights @ map_points[neighbours]]
    start = min(candidates, key=lambda candidate: _cost(candidate, map_points, attraction)[0])
    result = minimize(_cost, start, args=(map_points, attraction), jac=True, method="L-BFGS-B")
    return result.x


def _cost(
    y: Float[np.ndarray, " 2"],
    map_points: Float[np.ndarray, "n 2"],
    attraction: Float[np.ndarray, " n"],
) -> tuple[float, Float[np.ndarray, " 2"]]:
    """Compute Σ w log(1 + d²) + log Σ 1/(1 + d²) and its gradient with respect to y."""
    differences = y - map_points
    similarity = 1 / (1 + np.square(differences).sum(axis=1))
    total = similarity.sum()
    cost = np.log(total) - attraction @ np.log(similarity)
    gradient = 2 * (attraction * similarity - similarity**2 / total) @ differences
    return float(cost), gradient
