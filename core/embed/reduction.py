"""Points of many dimensions: checked, compared as asked, and seen along their principal axes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from sklearn.decomposition import PCA

from core.errors import ZooscopeError

METRICS = ("euclidean", "cosine")
# Points that differ by less than this share of their size are the same point: float32 features of
# one picture in two batches differ by a few times 1e-7.
SAME = 1e-5


class NoMap(ZooscopeError):
    """No map can be made of this; the message says why, and what to do."""


@dataclass(frozen=True)
class Components:
    """Points along the axes in which they vary most.

    Attributes:
        positions: On each axis, the one of most variance first; 0 on axes that there are not.
        explained: Share of all variance that each axis has, 0 to 1.
    """

    positions: Float[np.ndarray, "n k"]
    explained: Float[np.ndarray, " k"]


def points(
    features: Float[np.ndarray, "n d"], metric: str = "euclidean"
) -> Float[np.ndarray, "n d"]:
    """The points whose Euclidean distances compare features in a metric.

    Args:
        features: One row a point.
        metric: "euclidean", or "cosine": directions only, each row divided by its length, so that
            squared distances are 2 (1 - cosine).

    Raises:
        NoMap: None at all, values that are not finite, or no such metric.
    """
    if metric not in METRICS:
        raise NoMap(f"There is no metric {metric!r}; there are {', '.join(METRICS)}.")
    if features.size == 0:
        raise NoMap("There is nothing to make a map of; choose at least one picture.")
    broken = ~np.isfinite(features).all(axis=1)
    if broken.any():
        raise NoMap(_complaint(broken))
    x = features.astype(np.float32, copy=False)
    if metric == "euclidean":
        return x
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(lengths > 0, lengths, 1)


def pca(
    features: Float[np.ndarray, "n d"], count: int = 2, metric: str = "euclidean"
) -> Components:
    """Points along their principal axes (Pearson 1901): the quickest map there is.

    Args:
        features: One row a point.
        count: Axes.
        metric: As `points` has it.

    Raises:
        NoMap: None at all, values that are not finite, or no such metric.
    """
    x = points(features, metric)
    positions = np.zeros((len(x), count), np.float32)
    explained = np.zeros(count, np.float32)
    kept = min(count, *x.shape)
    if not alike(x):
        # A few axes of many are found by random projections (Halko et al. 2011, arXiv 0909.4061);
        # the seed only makes that repeatable.
        found = PCA(kept, random_state=0)
        positions[:, :kept] = found.fit_transform(x)
        explained[:kept] = found.explained_variance_ratio_
    return Components(positions, explained)


def alike(x: Float[np.ndarray, "n d"]) -> bool:
    """Whether all points are one and the same."""
    return bool(np.ptp(x, axis=0).max() <= SAME * np.abs(x).max())


def _complaint(broken: Bool[np.ndarray, " n"]) -> str:
    rows = np.flatnonzero(broken)
    named = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    return (
        f"The network gave no finite numbers for {len(rows)} of {len(broken)} pictures (rows"
        f" {named}). Take them out of the set, or choose another layer or model."
    )
