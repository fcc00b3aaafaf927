"""Responses of a layer's units at random positions, from which their thresholds are estimated."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.dissect.overlaps import thresholds
from core.layers import Layer

# Random positions per picture.
PER_PICTURE = 128
# Values that the samples of layers read together may have; they take 400 MB.
MAX_VALUES = 100_000_000
# Values whose quantiles are found at a time: sorting them takes several copies.
MAX_SORTED = 8_000_000


@dataclass
class Samples:
    """The samples of a layer, batch by batch.

    Positions are drawn with replacement. Where a layer has few, most are drawn several times: they
    are kept once, with the place of each drawn one among them.
    """

    values: list[Float[Tensor, "n positions c"]] = field(default_factory=list)
    places: list[Int[Tensor, " drawn"]] = field(default_factory=list)

    def add(self, maps: Float[Tensor, "n c h w"], seed: int) -> None:
        """Add a batch; a seed has the same positions in all pictures."""
        flat = maps.flatten(2)
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(flat.shape[2], (PER_PICTURE,), generator=generator)
        positions, places = drawn.unique(return_inverse=True)
        self.values.append(flat[:, :, positions.to(flat.device)].movedim(1, 2).contiguous())
        self.places.append(places.to(flat.device))

    def thresholds(self) -> Float[Tensor, "shares c"]:
        """Return the thresholds of all units; see `overlaps.thresholds`."""
        rows = sum(len(values) for values in self.values) * PER_PICTURE
        units = max(1, MAX_SORTED // rows)
        found = []
        for start in range(0, self.values[0].shape[2], units):
            part = [
                values[:, :, start : start + units][:, places].flatten(0, 1)
                for values, places in zip(self.values, self.places, strict=True)
            ]
            found.append(thresholds(torch.cat(part)))
        return torch.cat(found, dim=1)


def read_together(layers: Sequence[Layer], count: int) -> list[list[str]]:
    """Split layers into groups whose samples fit into memory, in order.

    Args:
        layers: The layers, with positions.
        count: Number of pictures.

    Returns:
        The names of each group, at least one layer in each.
    """
    groups: list[list[str]] = []
    held = MAX_VALUES
    for layer in layers:
        channels, height, width = layer.shape
        size = count * min(PER_PICTURE, height * width) * channels
        if held + size > MAX_VALUES:
            groups.append([])
            held = 0
        groups[-1].append(layer.name)
        held += size
    return groups
