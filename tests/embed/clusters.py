"""Points whose neighbourhoods are known."""

import numpy as np


def clusters(count: int, each: int, dimensions: int = 20, apart: float = 8.0, seed: int = 0):
    """Features of clusters about random centres, and the label of each point."""
    random = np.random.default_rng(seed)
    centres = apart * random.normal(size=(count, dimensions))
    features = np.repeat(centres, each, axis=0) + random.normal(size=(count * each, dimensions))
    labels = [f"class {index // each}" for index in range(count * each)]
    return features.astype(np.float32), labels
