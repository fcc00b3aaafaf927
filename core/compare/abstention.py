"""Abstaining: a network that says nothing where it is not sure makes fewer errors."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True)
class RiskCoverage:
    """A risk-coverage curve: the error among the answers that are kept, for every threshold.

    Attributes:
        threshold: Thresholds of the confidence, from the highest to the lowest. Answers with this
            confidence or more are kept.
        coverage: Share of the pictures that are answered, 0 to 1.
        risk: Share of wrong answers among them.
    """

    threshold: Float[np.ndarray, " points"]
    coverage: Float[np.ndarray, " points"]
    risk: Float[np.ndarray, " points"]

    @property
    def area(self) -> float:
        """Area under the curve (AURC): the mean risk over all thresholds. Lower is better."""
        widths = np.diff(self.coverage, prepend=0.0)
        return float((widths * self.risk).sum())

    def threshold_for(self, risk: float) -> float | None:
        """Return the lowest threshold whose risk is not higher than this; None: there is none.

        Args:
            risk: The highest share of wrong answers that is accepted, 0 to 1.
        """
        accepted = np.flatnonzero(self.risk <= risk)
        return float(self.threshold[accepted[-1]]) if len(accepted) else None


def risk_coverage(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]
) -> RiskCoverage:
    """Compute the risk-coverage curve of some predictions.

    Geifman and El-Yaniv 2017, "Selective classification for deep neural networks" (arXiv
    1705.08500), equations 1 and 2, with the probability of the top class as confidence.

    Args:
        confidence: Probability of each picture's most probable class, 0 to 1; at least one.
        right: Whether that class is right.
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order].astype(np.float64)
    wrong = np.cumsum(~right[order])
    # Answers with the same confidence are kept or dropped together.
    last = np.flatnonzero(np.diff(sorted_confidence, append=-np.inf) < 0)
    kept = last + 1
    return RiskCoverage(sorted_confidence[last], kept / len(right), wrong[last] / kept)
