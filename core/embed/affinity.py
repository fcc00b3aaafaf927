"""Affinities of t-SNE: how strongly each pair of points attracts, from their distances."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from core.steps import Progress, Steps

# Points whose neighbours are searched for at once. Other visitors wait for such a step: among
# 20,000 points of a thousand dimensions, a thousand points would take seconds.
BLOCK_SIZE = 250
# Neighbours beyond three times the perplexity have almost no weight (van der Maaten 2014,
# section 4.1).
NEIGHBOURS_PER_PERPLEXITY = 3
# The precision β is found by bisection of its binary logarithm, in units of one over the row's
# mean squared distance: 40 halvings of [-64, 64].
BISECTIONS, LARGEST_EXPONENT = 40, 64.0


def feasible_perplexity(count: int, perplexity: float) -> float:
    """Return the perplexity to use with `count` points, or 0 if t-SNE is impossible.

    A point needs three times as many neighbours as the perplexity, and a perplexity is at least 1.
    So fewer than four points have no perplexity.

    Args:
        count: Number of points.
        perplexity: The requested perplexity; lowered if there are too few points for it.
    """
    feasible = min(perplexity, (count - 1) / NEIGHBOURS_PER_PERPLEXITY)
    return feasible if feasible >= 1 else 0.0


@dataclass(frozen=True)
class Neighbours:
    """The k nearest neighbours of a block of points, nearest first.

    Attributes:
        rows: Indices of the points in the block.
        indices: Indices of their neighbours.
        squared: Squared distances to the neighbours.
    """

    rows: Int[np.ndarray, " rows"]
    indices: Int[np.ndarray, "rows k"]
    squared: Float[np.ndarray, "rows k"]


def nearest_neighbours(
    x: Float[np.ndarray, "n d"], count: int, rows: Int[np.ndarray, " m"] | None = None
) -> Iterator[Neighbours]:
    """Find the exact nearest neighbours of points, one block of points at a time.

    A point is not its own neighbour.

    Args:
        x: One row per point.
        count: Number of neighbours per point, less than n.
        rows: Indices of the points whose neighbours to find; None for all points.
    """
    from sklearn.neighbors import NearestNeighbors  # 20 MB, which most pages do not need

    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(x)
    queries = np.arange(len(x)) if rows is None else rows
    for start in range(0, len(queries), BLOCK_SIZE):
        block = queries[start : start + BLOCK_SIZE]
        distances, indices = search.kneighbors(x[block])
        is_self = indices == block[:, None]
        # If more than `count` points coincide with this point, the search may not return the point
        # itself; then the last neighbour is dropped instead.
        is_self[~is_self.any(axis=1), -1] = True
        shape = len(block), count
        squared = np.square(distances[~is_self].reshape(shape))
        yield Neighbours(block, indices[~is_self].reshape(shape), squared)


def conditional_probabilities(
    squared: Float[np.ndarray, "n k"], perplexity: float
) -> Float[np.ndarray, "n k"]:
    """Compute t-SNE's conditional probabilities p_j|i over the neighbours j of each point i.

    p_j|i = exp(-β_i d_ij²) / Σ_k exp(-β_i d_ik²), with β_i such that 2^H(p_i) is the perplexity
    (van der Maaten and Hinton 2008, equation 1 and section 2). If too many neighbours are at the
    same smallest distance, the perplexity cannot be reached and the row comes as close as possible.

    Args:
        squared: Squared distances to the neighbours.
        perplexity: Effective number of neighbours, 1 to k.

    Returns:
        Probabilities; each row sums to 1.
    """
    excess = squared.astype(np.float64) - squared.min(axis=1, keepdims=True)
    scale = excess.mean(axis=1, keepdims=True)
    excess /= np.where(scale > 0, scale, 1)
    low, high = np.full_like(scale, -LARGEST_EXPONENT), np.full_like(scale, LARGEST_EXPONENT)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        too_wide = _entropy(excess, 2**middle) > np.log(perplexity)
        low, high = np.where(too_wide, middle, low), np.where(too_wide, high, middle)
    weights = np.exp(-(2**high) * excess)
    return weights / weights.sum(axis=1, keepdims=True)


def _entropy(squared: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Compute the entropy of each row in nats: H = log Σ exp(-β d²) + β Σ p d²."""
    weights = np.exp(-beta * squared)
    total = weights.sum(axis=1, keepdims=True)
    return np.log(total) + beta * (weights * squared).sum(axis=1, keepdims=True) / total


def affinities_steps(x: Float[np.ndarray, "n d"], perplexity: float) -> Steps[sparse.csr_matrix]:
    """Compute t-SNE's joint probabilities p_ij; a step is a block of points.

    p_ij = (p_j|i + p_i|j) / 2n (van der Maaten and Hinton 2008, section 3.1), restricted to the
    nearest neighbours (van der Maaten 2014).

    Args:
        x: One row per point.
        perplexity: As returned by `feasible_perplexity`.

    Returns:
        Sparse (n, n) matrix that sums to 1.
    """
    n = len(x)
    count = min(n - 1, ceil(NEIGHBOURS_PER_PERPLEXITY * perplexity))
    weights, columns = [], []
    for block in nearest_neighbours(x, count):
        weights.append(conditional_probabilities(block.squared, perplexity))
        columns.append(block.indices)
        yield Progress(int(block.rows[-1]) + 1, n)
    row_starts = np.arange(0, n * count + 1, count)
    compressed = np.concatenate(weights).ravel(), np.concatenate(columns).ravel(), row_starts
    conditional = sparse.csr_matrix(compressed, shape=(n, n))
    return (conditional + conditional.T) / (2 * n)
