"""Random numbers of scenes: the same on every machine, and each scene's own whatever its batch."""

import numpy as np
import torch
from torch import Tensor

# More numbers than any scene draws.
THROWS = 320


class Dice:
    """A row of uniform numbers for each scene, used up column by column.

    Args:
        seed: Of the data set.
        indices: Of the scenes in it.
    """

    def __init__(self, seed: int, indices: list[int]):
        rows = [np.random.default_rng([seed, index]).random(THROWS) for index in indices]
        self._rows = torch.from_numpy(np.array(rows, np.float32).reshape(-1, THROWS))
        self._used = 0

    def __len__(self) -> int:
        return len(self._rows)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """A number in [low, high) for each scene, (n, 1, 1)."""
        column = self._rows[:, self._used]
        self._used += 1
        return (low + (high - low) * column)[:, None, None]

    def chance(self, probability: float) -> Tensor:
        """True with this probability, (n, 1, 1)."""
        return self.uniform() < probability

    def below(self, count: int) -> Tensor:
        """A whole number from 0 to count - 1, (n,)."""
        return (self.uniform() * count).long().clamp(max=count - 1).flatten()

    def sign(self) -> Tensor:
        """-1 or 1, (n, 1, 1)."""
        return torch.where(self.chance(0.5), 1.0, -1.0)
