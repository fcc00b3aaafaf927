"""Whether a network that is 80 % sure is right 80 % of the time."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

# Of equal width, as in Guo et al. 2017, section 5.
BINS = 15


@dataclass(frozen=True)
class Reliability:
    """How often a network is right, by how sure it is.

    Attributes:
        edges: Of the bins, 0 to 1; each has its upper edge.
        count: Pictures in each bin.
        confidence: Mean probability of the top class in each bin; NaN where it is empty.
        accuracy: Share of its pictures whose top class is right; NaN where it is empty.
    """

    edges: Float[np.ndarray, " edges"]
    count: Int[np.ndarray, " bins"]
    confidence: Float[np.ndarray, " bins"]
    accuracy: Float[np.ndarray, " bins"]

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1: Guo et al. 2017 (arXiv 1706.04599), equation 3."""
        full = self.count > 0
        gaps = np.abs(self.accuracy[full] - self.confidence[full])
        return float((self.count[full] * gaps).sum() / self.count.sum())


def reliability(
    probability: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> Reliability:
    """The reliability diagram of some predictions.

    Args:
        probability: Of each picture's top class, 0 to 1; at least one.
        right: Whether that class is right.
        bins: How many.
    """
    edges = np.linspace(0, 1, bins + 1)
    # Its upper edge belongs to a bin, (m - 1)/M < p ≤ m/M, and 0 to the first.
    place = np.clip(np.digitize(probability, edges, right=True) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)

    def means(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(place, values.astype(np.float64), minlength=bins)
        return np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)

    return Reliability(edges, count, means(probability), means(right))
