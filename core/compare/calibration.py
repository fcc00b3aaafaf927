"""Calibration: is a network that predicts with a probability of 80 % right 80 % of the time?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

# Bins of equal width, as in Guo et al. 2017, section 5.
BINS = 15


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: accuracy by predicted probability.

    Attributes:
        edges: Edges of the bins, 0 to 1; the upper edge belongs to a bin, the lower one does not.
        count: Number of pictures in each bin.
        confidence: Mean predicted probability in each bin; NaN if it is empty.
        accuracy: Share of right predictions in each bin; NaN if it is empty.
    """

    edges: Float[np.ndarray, " edges"]
    count: Int[np.ndarray, " bins"]
    confidence: Float[np.ndarray, " bins"]
    accuracy: Float[np.ndarray, " bins"]

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1: Guo et al. 2017 (arXiv 1706.04599), equation 3."""
        filled = self.count > 0
        gaps = np.abs(self.accuracy[filled] - self.confidence[filled])
        return float((self.count[filled] * gaps).sum() / self.count.sum())


def reliability(
    probability: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> Reliability:
    """Compute the reliability diagram of some predictions (Guo et al. 2017, section 2).

    Args:
        probability: Probability of each picture's most probable class, 0 to 1; at least one.
        right: Whether that class is right.
        bins: Number of bins.
    """
    edges = np.linspace(0, 1, bins + 1)
    # Bin m contains (m - 1)/M < p ≤ m/M; p = 0 belongs to the first bin.
    bin_index = np.clip(np.digitize(probability, edges, right=True) - 1, 0, bins - 1)
    count = np.bincount(bin_index, minlength=bins)

    def bin_means(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(bin_index, values.astype(np.float64), minlength=bins)
        return np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)

    return Reliability(edges, count, bin_means(probability), bin_means(right))


def chance_ece(probability: Float[np.ndarray, " n"], bins: int = BINS, repeats: int = 200) -> float:
    """Return the calibration error that a perfectly calibrated network has by chance, on average.

    With few pictures the error is too high: the accuracy in a bin differs from the probability by
    chance (Kumar et al. 2019, "Verified uncertainty calibration", arXiv 1909.10155).

    Args:
        probability: Probability of each picture's most probable class.
        bins: Number of bins.
        repeats: How often right and wrong are drawn with these probabilities.
    """
    random = np.random.default_rng(0)
    drawn = random.random((repeats, len(probability))) < probability
    return float(np.mean([reliability(probability, right, bins).ece for right in drawn]))
