"""Temperature scaling: one number that makes a network's probabilities honest."""

import numpy as np
from jaxtyping import Bool, Float

from core.predict import softmax

# Range in which the temperature is searched, and the values of the first search.
LOWEST, HIGHEST, VALUES = 0.05, 20.0, 61
# Least probability of the right class, so that its logarithm is finite.
LEAST = 1e-12


def negative_log_likelihood(
    logits: Float[np.ndarray, "n classes"],
    right: Bool[np.ndarray, "n classes"],
    temperature: float = 1.0,
) -> float:
    """Return the mean negative log-likelihood of the right classes, in nats.

    Args:
        logits: The logits of each picture.
        right: Which classes are right for each picture; where several are, their probabilities are
            added.
        temperature: The logits are divided by it.
    """
    probability = (softmax(logits, temperature) * right).sum(1)
    return float(-np.log(np.maximum(probability, LEAST)).mean())


def fit_temperature(
    logits: Float[np.ndarray, "n classes"], right: Bool[np.ndarray, "n classes"]
) -> float:
    """Return the temperature with the lowest negative log-likelihood.

    Guo et al. 2017, "On calibration of modern neural networks" (arXiv 1706.04599), section 4.2. The
    order of the classes stays, so that the accuracy does not change. The result is never worse than
    the temperature 1.

    Args:
        logits: The logits of each picture.
        right: Which classes are right for each picture.
    """
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        return negative_log_likelihood(logits, right, float(np.exp(logarithm)))

    grid = np.linspace(np.log(LOWEST), np.log(HIGHEST), VALUES)
    best = int(np.argmin([loss(value) for value in grid]))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded").x
    return float(np.exp(min((found, grid[best], 0.0), key=loss)))
