"""How much points belong together: Gaussians about each, as wide as its surroundings are sparse."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from core.steps import Progress, Steps

# Points whose neighbours are found at once: at 20,000 points a fifth of a second.
BLOCK = 1000
# A Gaussian has next to nothing beyond so many times its perplexity of neighbours
# (van der Maaten 2014, section 4.1).
NEIGHBOURS_A_PERPLEXITY = 3
# Halvings of the interval in which a width is sought, 2^±64 times the mean squared distance.
HALVINGS, WIDEST = 40, 64.0


def perplexity_for(count: int, asked: float) -> float:
    """The perplexity that so many points allow: what was asked, or less; 0 where t-SNE has no say.

    A point needs three times as many neighbours as its perplexity, which is at least 1: three
    points or fewer have no neighbourhoods to keep.
    """
    allowed = min(asked, (count - 1) / NEIGHBOURS_A_PERPLEXITY)
    return allowed if allowed >= 1 else 0.0


@dataclass(frozen=True)
class Neighbours:
    """The nearest other points of some points, nearest first.

    Attributes:
        rows: Which points.
        indices: Their neighbours.
        squared: Distances to them, squared.
    """

    rows: Int[np.ndarray, " rows"]
    indices: Int[np.ndarray, "rows k"]
    squared: Float[np.ndarray, "rows k"]


def nearest(
    x: Float[np.ndarray, "n d"], count: int, rows: Int[np.ndarray, " m"] | None = None
) -> Iterator[Neighbours]:
    """The nearest other points, found exactly, for some points at a time.

    Args:
        x: One row a point.
        count: Neighbours of each, fewer than there are points.
        rows: Whose neighbours; everyone's where None.
    """
    finder = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(x)
    asked = np.arange(len(x)) if rows is None else rows
    for start in range(0, len(asked), BLOCK):
        some = asked[start : start + BLOCK]
        distances, indices = finder.kneighbors(x[some])
        own = indices == some[:, None]
        own[~own.any(axis=1), -1] = True  # lost among so many others at the very same place
        shape = len(some), count
        squared = np.square(distances[~own].reshape(shape))
        yield Neighbours(some, indices[~own].reshape(shape), squared)


def conditional(squared: Float[np.ndarray, "n k"], perplexity: float) -> Float[np.ndarray, "n k"]:
    """How likely each point would pick each of its neighbours; rows sum to 1.

    p_j|i = exp(-β_i d_ij²) / Σ_k exp(-β_i d_ik²), with β_i such that 2^H(p_i) is the perplexity
    (van der Maaten and Hinton 2008, equation 1 and section 2). A row that can't have it, since too
    many neighbours are equally near, has the nearest it can.

    Args:
        squared: Distances to the neighbours.
        perplexity: Neighbours that count, smoothly: 1 to k.
    """
    nearer = squared.astype(np.float64) - squared.min(axis=1, keepdims=True)
    scale = nearer.mean(axis=1, keepdims=True)
    nearer /= np.where(scale > 0, scale, 1)
    low, high = np.full_like(scale, -WIDEST), np.full_like(scale, WIDEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        wide = _entropy(nearer, 2**middle) > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    weights = np.exp(-(2**high) * nearer)
    return weights / weights.sum(axis=1, keepdims=True)


def _entropy(nearer: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """In nats: H = log Σ exp(-β d²) + β Σ p d²."""
    weights = np.exp(-beta * nearer)
    total = weights.sum(axis=1, keepdims=True)
    return np.log(total) + beta * (weights * nearer).sum(axis=1, keepdims=True) / total


def affinities_steps(x: Float[np.ndarray, "n d"], perplexity: float) -> Steps[sparse.csr_matrix]:
    """How much each two points belong together; a step is some points.

    p_ij = (p_j|i + p_i|j) / 2n (van der Maaten and Hinton 2008, section 3.1), over the nearest
    neighbours only (van der Maaten 2014).

    Args:
        x: One row a point.
        perplexity: As `perplexity_for` allows.

    Returns:
        (n, n), sums to 1.
    """
    n = len(x)
    count = min(n - 1, ceil(NEIGHBOURS_A_PERPLEXITY * perplexity))
    weights, columns = [], []
    for found in nearest(x, count):
        weights.append(conditional(found.squared, perplexity))
        columns.append(found.indices)
        yield Progress(int(found.rows[-1]) + 1, n)
    starts = np.arange(0, n * count + 1, count)
    flat = np.concatenate(weights).ravel(), np.concatenate(columns).ravel(), starts
    picked = sparse.csr_matrix(flat, shape=(n, n))
    return (picked + picked.T) / (2 * n)
