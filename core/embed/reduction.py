"""Input checks, metrics and principal component analysis, shared by all maps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from core.errors import ZooscopeError

METRICS = ("euclidean", "cosine")
# Points that differ by less than this share of their largest value count as identical: float32
# features of one picture in two batches differ by a few times 1e-7.
RELATIVE_TOLERANCE = 1e-5


class NoMap(ZooscopeError):
    """A map cannot be computed; the message gives the reason and the way out."""


@dataclass(frozen=True)
class Components:
    """Points projected onto their principal axes.

    Attributes:
        positions: Coordinates on each axis, in order of decreasing variance; 0 on axes beyond the
            number of points or features.
        explained: Share of the total variance along each axis, 0 to 1.
    """

    positions: Float[np.ndarray, "n k"]
    explained: Float[np.ndarray, " k"]


def euclidean_points(
    features: Float[np.ndarray, "n d"], metric: str = "euclidean"
) -> Float[np.ndarray, "n d"]:
    """Return float32 points whose Euclidean distances represent the metric.

    Args:
        features: One row per point.
        metric: "euclidean" leaves the features as they are. "cosine" divides each row by its norm,
            so that squared distances are 2 (1 - cosine similarity).

    Raises:
        NoMap: The features are empty or not finite, or there is no such metric.
    """
    if metric not in METRICS:
        raise NoMap(f"There is no metric {metric!r}; choose one of {', '.join(METRICS)}.")
    if features.size == 0:
        raise NoMap("There are no points for a map; choose at least one picture.")
    broken = ~np.isfinite(features).all(axis=1)
    if broken.any():
        raise NoMap(_non_finite_message(broken))
    x = features.astype(np.float32, copy=False)
    if metric == "euclidean":
        return x
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms > 0, norms, 1)


def pca(
    features: Float[np.ndarray, "n d"], count: int = 2, metric: str = "euclidean"
) -> Components:
    """Project points onto their principal axes (Pearson 1901).

    Args:
        features: One row per point.
        count: Number of axes.
        metric: "euclidean" or "cosine", as in `euclidean_points`.

    Raises:
        NoMap: The features are empty or not finite, or there is no such metric.
    """
    from sklearn.decomposition import PCA  # 40 MB, which most pages do not need

    x = euclidean_points(features, metric)
    positions = np.zeros((len(x), count), np.float32)
    explained = np.zeros(count, np.float32)
    kept = min(count, *x.shape)
    if not all_identical(x):
        # For few axes out of many, scikit-learn uses random projections (Halko et al. 2011,
        # arXiv 0909.4061); the seed makes them reproducible.
        model = PCA(kept, random_state=0)
        positions[:, :kept] = model.fit_transform(x)
        explained[:kept] = model.explained_variance_ratio_
    return Components(positions, explained)


def all_identical(x: Float[np.ndarray, "n d"]) -> bool:
    """Return whether all points are equal up to float32's rounding."""
    return bool(np.ptp(x, axis=0).max() <= RELATIVE_TOLERANCE * np.abs(x).max())


def _non_finite_message(broken: Bool[np.ndarray, " n"]) -> str:
    rows = np.flatnonzero(broken)
    listed = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    return (
        f"The features of {len(rows)} of {len(broken)} pictures (rows {listed}) contain NaN or"
        " infinite values. Remove these pictures from the set, or choose another layer or model."
    )
