"""How strongly units respond over a set of pictures, and which never do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core import probe
from core.zoo import Model

# Pictures in a forward pass.
BATCH = 60
# A unit whose responses vary by less than this share of what its layer's middle unit does is dead.
FLAT = 0.01
# Modules of torch and timm that are an activation function and nothing else.
FUNCTIONS = frozenset(
    {
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "CELU", "SELU", "GELU", "GELUTanh",
        "QuickGELU", "SiLU", "Swish", "Mish", "Hardswish", "HardSwish", "HardSwishMe", "HardMish",
        "Tanh", "Softplus",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Activity:
    """What a layer's units did over some pictures.

    Attributes:
        mean: Of each unit's response over all pictures and positions.
        spread: Its standard deviation.
    """

    mean: Float[np.ndarray, " c"]
    spread: Float[np.ndarray, " c"]

    @property
    def dead(self) -> np.ndarray:
        """Units that hardly ever change, (c,), bool."""
        return self.spread <= FLAT * np.median(self.spread)


def activity(m: Model, imgs: Sequence[Image.Image], names: Sequence[str]) -> dict[str, Activity]:
    """How units of some layers respond.

    Raises:
        UnknownLayer: No such layer.
    """
    sums = {name: _Sums() for name in names}
    for given in _read(m, imgs, names):
        for name, values in given.items():
            sums[name].add(values)
    return {name: sums[name].activity() for name in names}


def activations(m: Model) -> list[str]:
    """The layers that are activation functions over positions."""
    return [
        name
        for name, layer in m.layers.items()
        if layer.kind in FUNCTIONS and len(layer.shape) == 3 and layer.shape[1] > 1
    ]


def dead_share(m: Model, imgs: Sequence[Image.Image]) -> float:
    """Share of dead units among all behind an activation function, over these pictures."""
    dead = [facts.dead for facts in activity(m, imgs, activations(m)).values()]
    return float(np.concatenate(dead).mean()) if dead else 0.0


class _Sums:
    """Running sums for a mean and a spread; in float64, since they are subtracted."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = self._squares = torch.zeros(())

    def add(self, values: torch.Tensor) -> None:
        """Add responses, (n, c, ...)."""
        flat = values.movedim(1, 0).flatten(1).double()
        self._count += flat.shape[1]
        self._sum = self._sum + flat.sum(1)
        self._squares = self._squares + flat.square().sum(1)

    def activity(self) -> Activity:
        mean = self._sum / self._count
        spread = (self._squares / self._count - mean.square()).clamp(min=0).sqrt()
        return Activity(mean.float().cpu().numpy(), spread.float().cpu().numpy())


def _read(
    m: Model, imgs: Sequence[Image.Image], names: Sequence[str]
) -> Iterator[Mapping[str, torch.Tensor]]:
    for start in range(0, len(imgs), BATCH):
        yield probe.read(m, m.preprocess(imgs[start : start + BATCH]), names)
