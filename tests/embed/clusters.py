"""Random clusters whose neighbourhoods are known."""

import numpy as np


def clusters(count: int, each: int, dimensions: int = 20, separation: float = 8.0, seed: int = 0):
    """Draw points around random centres.

    Args:
        count: Number of clusters.
        each: Points per cluster.
        dimensions: Features per point.
        separation: Standard deviation of the centres; that of the points around them is 1.
        seed: Seed of all random numbers.

    Returns:
        Features, one row per point, and a class label per point.
    """
    random = np.random.default_rng(seed)
    centres = separation * random.normal(size=(count, dimensions))
    features = np.repeat(centres, each, axis=0) + random.normal(size=(count * each, dimensions))
    labels = [f"class {index // each}" for index in range(count * each)]
    return features.astype(np.float32), labels
