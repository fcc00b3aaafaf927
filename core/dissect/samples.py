"""Responses of a layer's units at random positions, from which their thresholds are estimated."""

from collections.abc import Sequence

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


class Samples:
    """The samples of a layer, batch by batch.

    Positions are drawn with replacement. Where a layer has few, most are drawn several times: they
    are kept once, with the place of each drawn one among them. All are kept in one tensor: many
    small ones between the passes' tensors would keep their memory from being used again.

    Args:
        count: Number of pictures.
    """

    def __init__(self, count: int):
        self._count = count
        self._values = torch.empty(0)  # (n, positions, c), made with the first batch
        self._places: list[Int[Tensor, " drawn"]] = []  # for each picture

    @property
    def nbytes(self) -> int:
        """Size of the samples in bytes."""
        return self._values.nbytes

    def add(self, maps: Float[Tensor, "n c h w"], seed: int) -> None:
        """Add a batch; a seed has the same positions in all pictures."""
        flat = maps.flatten(2)
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(flat.shape[2], (PER_PICTURE,), generator=generator)
        positions, places = drawn.unique(return_inverse=True)
        start = len(self._places)
        if not start:
            most = min(PER_PICTURE, flat.shape[2])
            self._values = flat.new_empty(self._count, most, flat.shape[1])
        chosen = flat[:, :, positions.to(flat.device)].movedim(1, 2)
        self._values[start : start + len(maps), : len(positions)] = chosen
        self._places += [places] * len(maps)

    def thresholds(self) -> Float[Tensor, "shares c"]:
        """Return the thresholds of all units; see `overlaps.thresholds`."""
        places = torch.stack(self._places)[..., None].to(self._values.device)
        values = self._values[: len(places)]
        units = max(1, MAX_SORTED // places.numel())
        found = []
        for start in range(0, values.shape[2], units):
            part = values[:, :, start : start + units]
            drawn = part.gather(1, places.expand(-1, -1, part.shape[2]))
            found.append(thresholds(drawn.flatten(0, 1)))
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
