"""How strongly units respond over a set of pictures, where, and which never do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from PIL import Image
from torch import Tensor

from core import probe
from core.anatomy import ACTIVATION_FUNCTIONS
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Pictures in a forward pass.
BATCH = 60
# A unit whose responses vary by less than this share of what its layer's middle unit does is dead.
FLAT = 0.01


@dataclass(frozen=True)
class Responses:
    """What a layer's units did over some pictures.

    Attributes:
        peak: The strongest response of each unit in each picture.
        place: Where that was: row and column on the layer's grid, 0 where it has none.
        mean: The mean response over positions.
        square: The mean of its square.
    """

    peak: Float[np.ndarray, "n c"]
    place: Int[np.ndarray, "n c 2"]
    mean: Float[np.ndarray, "n c"]
    square: Float[np.ndarray, "n c"]

    @property
    def spread(self) -> Float[np.ndarray, " c"]:
        """Standard deviation of each unit over all pictures and positions."""
        mean = self.mean.astype(np.float64).mean(axis=0)
        square = self.square.astype(np.float64).mean(axis=0)
        return np.sqrt(np.clip(square - mean**2, 0, None))

    @property
    def dead(self) -> Bool[np.ndarray, " c"]:
        """Units that hardly ever change."""
        spread = self.spread
        return spread <= FLAT * np.median(spread)

    @property
    def firing(self) -> Float[np.ndarray, " c"]:
        """Share of the pictures in which a unit comes to half of the most it ever does."""
        low, high = self.peak.min(axis=0), self.peak.max(axis=0)
        return (self.peak > (low + high) / 2).mean(axis=0) * ~self.dead

    def top(self, unit: int, count: int) -> Int[np.ndarray, " k"]:
        """The pictures that excite a unit most, strongest first."""
        return np.argsort(-self.peak[:, unit], kind="stable")[:count]


def responses(m: Model, imgs: Sequence[Image.Image], names: Sequence[str]) -> dict[str, Responses]:
    """How units of some layers respond to pictures. See `responses_steps`."""
    batches = (imgs[start : start + BATCH] for start in range(0, len(imgs), BATCH))
    return drain(responses_steps(m, batches, len(imgs), names))


def responses_steps(
    m: Model, batches: Iterable[Sequence[Image.Image]], total: int, names: Sequence[str]
) -> Steps[dict[str, Responses]]:
    """How units of some layers respond to pictures; a step is a picture.

    Args:
        m: The network.
        batches: The pictures, as many at once as should go through it together.
        total: How many there are in all.
        names: Of the layers.

    Raises:
        UnknownLayer: No such layer.
    """
    probe.find(m.layers, names)
    parts: dict[str, list[Responses]] = {name: [] for name in names}
    done = 0
    for imgs in batches:
        for name, values in probe.read(m, m.preprocess(imgs), names).items():
            parts[name].append(_of(values))
        done += len(imgs)
        yield Progress(done, total)
    return {name: _joined(rows) for name, rows in parts.items()}


def activations(m: Model) -> list[str]:
    """The layers that are activation functions over positions."""
    return [
        name
        for name, layer in m.layers.items()
        if layer.kind in ACTIVATION_FUNCTIONS and len(layer.shape) == 3 and layer.shape[1] > 1
    ]


def dead_share(m: Model, imgs: Sequence[Image.Image]) -> float:
    """Share of dead units among all behind an activation function, over these pictures."""
    dead = [found.dead for found in responses(m, imgs, activations(m)).values()]
    return float(np.concatenate(dead).mean()) if dead else 0.0


def _of(values: Float[Tensor, "n c *rest"]) -> Responses:
    flat = values.float().flatten(2) if values.ndim > 2 else values.float()[:, :, None]
    peak, index = flat.max(dim=2)
    width = values.shape[-1] if values.ndim == 4 else 1
    return Responses(
        peak=peak.cpu().numpy(),
        place=torch.stack([index // width, index % width], dim=2).cpu().numpy(),
        mean=flat.mean(dim=2).cpu().numpy(),
        square=flat.square().mean(dim=2).cpu().numpy(),
    )


def _joined(parts: Sequence[Responses]) -> Responses:
    return Responses(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Responses.__dataclass_fields__
        }
    )
