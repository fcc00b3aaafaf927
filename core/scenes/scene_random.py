"""Random numbers for scenes: the same on every machine, and independent of the batch."""

import numpy as np
import torch
from torch import Tensor

# More numbers than any scene uses.
NUMBERS_PER_SCENE = 320


class SceneRandom:
    """Random numbers of a batch of scenes: each scene has its own generator.

    Every call returns the next number of each scene. A scene's numbers depend on the seed and on
    its index only, so that a scene is the same in every batch.

    Args:
        seed: Seed of the data set.
        indices: Indices of the scenes in the data set.
    """

    def __init__(self, seed: int, indices: list[int]):
        rows = [np.random.default_rng([seed, index]).random(NUMBERS_PER_SCENE) for index in indices]
        self._numbers = torch.from_numpy(np.array(rows, np.float32).reshape(-1, NUMBERS_PER_SCENE))
        self._position = 0

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self._numbers)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return a number in [low, high) for each scene, (n, 1, 1)."""
        column = self._numbers[:, self._position]
        self._position += 1
        return (low + (high - low) * column)[:, None, None]

    def chance(self, probability: float) -> Tensor:
        """Return True with the given probability for each scene, (n, 1, 1)."""
        return self.uniform() < probability

    def integer(self, count: int) -> Tensor:
        """Return an integer from 0 to count - 1 for each scene, (n,)."""
        return (self.uniform() * count).long().clamp(max=count - 1).flatten()

    def sign(self) -> Tensor:
        """Return -1 or 1 for each scene, (n, 1, 1)."""
        return torch.where(self.chance(0.5), 1.0, -1.0)
