"""How far the strongest responses of a layer's units overlap with masks of concepts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

# Candidate shares of all positions that count as a unit's strongest, because concepts differ in
# size (a wheel and a wall). The best share is chosen on half of the scenes and the overlap measured
# on the other half (GAN Dissection, Bau et al. 2019, arXiv 1811.10597).
TOP_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1)
# Values of enlarged maps at a time. They take 32 MB, and comparing them makes several copies.
MAX_ENLARGED = 8_000_000
# Three counts of pixels: shared by unit and concept, (shares, c, concepts); above the unit's
# threshold, (shares, c); and of the concept, (concepts).
Overlap = tuple[Tensor, Tensor, Tensor]


@dataclass
class LayerOverlaps:
    """The overlaps of a layer's units with concepts, batch by batch.

    The share of strongest responses is chosen on some scenes; the scores come from the others.
    """

    thresholds: Float[Tensor, "shares c"]
    selection: list[Overlap] = field(default_factory=list)
    held_out: list[Overlap] = field(default_factory=list)

    def add(self, maps: Tensor, masks: Tensor, middle: int) -> None:
        """Add a batch, of which the first `middle` scenes are for the selection."""
        self.selection.append(_overlap(maps[:middle], self.thresholds, masks[:, :middle]))
        self.held_out.append(_overlap(maps[middle:], self.thresholds, masks[:, middle:]))

    def iou(self) -> Float[np.ndarray, "c concepts"]:
        """Return the intersection over union of units and concepts on the held-out scenes."""
        best_share = _iou(self.selection).argmax(dim=0, keepdim=True)
        return _iou(self.held_out).gather(0, best_share)[0].float().cpu().numpy()


def _iou(overlaps: Sequence[Overlap]) -> Float[Tensor, "shares c concepts"]:
    """Compute the intersection over union of units and concepts over all batches."""
    both, unit, concept = (torch.stack(part).sum(0) for part in zip(*overlaps, strict=True))
    union = unit[:, :, None] + concept[None, None, :] - both
    return both / union.clamp(min=1)


def thresholds(samples: Float[Tensor, "samples c"]) -> Float[Tensor, "shares c"]:
    """Compute the thresholds above which a response is among the strongest, for each share.

    A unit that saturates reaches its maximum at many positions; its threshold is just below the
    maximum, so that all of them count.
    """
    low, high = samples.amin(dim=0), samples.amax(dim=0)
    quantiles = samples.new_tensor([1 - share for share in TOP_SHARES])
    return torch.minimum(samples.quantile(quantiles, dim=0), high - 1e-3 * (high - low))


def _overlap(
    maps: Float[Tensor, "n c h w"],
    thresholds: Float[Tensor, "shares c"],
    masks: Bool[Tensor, "concepts n y x"],
) -> Overlap:
    """Count the pixels that each unit's strongest responses share with each concept."""
    grid = masks.shape[-2:]
    both = torch.zeros(*thresholds.shape, len(masks), dtype=torch.float64)
    unit = torch.zeros(thresholds.shape, dtype=torch.float64)
    # Enlarged maps of a whole batch would take a gigabyte.
    for rows in _slices(len(maps), MAX_ENLARGED // (maps.shape[1] * math.prod(grid))):
        enlarged = functional.interpolate(maps[rows], grid, mode="bilinear", align_corners=False)
        concept_pixels = masks[:, rows].float().flatten(1).to(enlarged)
        for index, threshold in enumerate(thresholds):
            is_strong = enlarged > threshold[:, None, None]
            strong_pixels = is_strong.float().movedim(1, 0).flatten(1)  # c pixels
            both[index] += (strong_pixels @ concept_pixels.T).cpu()
            unit[index] += strong_pixels.sum(1).cpu()
    return both, unit, masks.flatten(1).sum(1).double()


def _slices(count: int, length: int) -> Iterator[slice]:
    """Split `count` rows into slices of at most `length` rows, and of at least one."""
    length = max(1, length)
    for start in range(0, count, length):
        yield slice(start, start + length)
