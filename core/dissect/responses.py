"""Responses of units over a set of pictures: how strong, at which position, and which are dead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from PIL import Image
from torch import Tensor

from core import batched_reading
from core.arguments import require_some
from core.layer_info import ACTIVATION_FUNCTIONS
from core.layers import find_layers
from core.steps import Progress, Steps, drain
from core.zoo import Model

# A unit is dead if its standard deviation is at most this share of its layer's median.
DEAD_SHARE_OF_MEDIAN = 0.01


@dataclass(frozen=True)
class Responses:
    """The responses of a layer's units to a set of pictures.

    Attributes:
        peak: Maximum response over positions.
        place: Row and column of the maximum on the layer's grid; 0 for layers without positions.
        mean: Mean response over positions.
        square: Mean squared response over positions.
    """

    peak: Float[np.ndarray, "n c"]
    place: Int[np.ndarray, "n c 2"]
    mean: Float[np.ndarray, "n c"]
    square: Float[np.ndarray, "n c"]

    @property
    def std(self) -> Float[np.ndarray, " c"]:
        """Standard deviation of each unit's response over all pictures and positions."""
        mean = self.mean.astype(np.float64).mean(axis=0)
        square = self.square.astype(np.float64).mean(axis=0)
        return np.sqrt(np.clip(square - mean**2, 0, None))

    @property
    def dead(self) -> Bool[np.ndarray, " c"]:
        """Whether each unit is dead: its response hardly varies over pictures and positions."""
        std = self.std
        return std <= DEAD_SHARE_OF_MEDIAN * np.median(std)

    @property
    def firing(self) -> Float[np.ndarray, " c"]:
        """Share of the pictures in which each unit fires; 0 for dead units.

        A unit fires in a picture if its maximum response there exceeds the midpoint between its
        lowest and its highest maximum response to any picture of the set.
        """
        low, high = self.peak.min(axis=0), self.peak.max(axis=0)
        return (self.peak > (low + high) / 2).mean(axis=0) * ~self.dead

    def top(self, unit: int, count: int) -> Int[np.ndarray, " count"]:
        """Return the indices of the pictures that excite a unit most, strongest first."""
        return np.argsort(-self.peak[:, unit], kind="stable")[:count]


def responses(m: Model, imgs: Sequence[Image.Image], names: Sequence[str]) -> dict[str, Responses]:
    """Compute the responses of several layers' units to pictures, by layer name.

    Raises:
        UnknownLayer: No such layer.
    """
    return drain(responses_steps(m, [imgs], len(imgs), names))


def responses_steps(
    m: Model, batches: Iterable[Sequence[Image.Image] | None], total: int, names: Sequence[str]
) -> Steps[dict[str, Responses]]:
    """Compute the responses of several layers' units to pictures, batch by batch.

    Args:
        m: The network.
        batches: The pictures. A batch that does not fit the device is split. None means that the
            next one is being read.
        total: Number of pictures in all batches.
        names: Layer names.

    Yields:
        The number of pictures done, after each forward pass and each None.

    Returns:
        The responses by layer name.

    Raises:
        UnknownLayer: No such layer.
        BadArgument: There are no pictures.
    """
    find_layers(m.layers, names)
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    done = 0
    for imgs in batches:
        if imgs is None:
            yield Progress(done, total)
            continue
        for batch in m.batches(imgs):
            # Reduced within the pass, so that one layer's activation is in memory at a time.
            reduced = batched_reading.read_layers(m, m.preprocess(batch), names, _reduce)
            for name, values in reduced.items():
                parts[name].append(values)
            done += len(batch)
            yield Progress(done, total)
    return {name: _to_responses(layer_parts) for name, layer_parts in parts.items()}


def activation_layers(m: Model) -> list[str]:
    """Return the names of the layers that are activation functions with several positions."""
    return [
        name
        for name, layer in m.layers.items()
        if layer.kind in ACTIVATION_FUNCTIONS and len(layer.shape) == 3 and layer.shape[1] > 1
    ]


def dead_share(m: Model, imgs: Sequence[Image.Image]) -> float:
    """Return the share of dead units among the units of all activation functions, 0 to 1."""
    layers = responses(m, imgs, activation_layers(m)).values()
    dead = [layer_responses.dead for layer_responses in layers]
    return float(np.concatenate(dead).mean()) if dead else 0.0


def _reduce(activation: Float[Tensor, "n c *rest"]) -> Float[Tensor, "n c 5"]:
    """Reduce the activation of a batch to the numbers of `Responses`.

    Returns:
        For each picture and unit the peak, its row and column, the mean, and the mean square.
    """
    values = activation.float()
    flat = values.reshape(*values.shape[:2], -1)
    peak, index = flat.max(dim=2)
    width = activation.shape[-1] if activation.ndim == 4 else 1
    row, column = (index // width).float(), (index % width).float()
    return torch.stack([peak, row, column, flat.mean(dim=2), flat.square().mean(dim=2)], dim=2)


def _to_responses(parts: Sequence[Float[Tensor, "_ c 5"]]) -> Responses:
    """Join what `_reduce` returned for several batches."""
    require_some("pictures", parts)
    peak, row, column, mean, square = torch.cat(list(parts)).movedim(2, 0).cpu().numpy().copy()
    return Responses(peak, np.stack([row, column], axis=2).astype(np.int64), mean, square)
