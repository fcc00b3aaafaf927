"""Which part of a drawn scene a unit responds to: Network Dissection, with the truth known.

Bau et al. 2017 (arXiv 1704.05796): a unit's map is thresholded where it is strongest over the whole
set, and compared with the mask of every part.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from core import probe
from core.dissect import sample
from core.scenes import BACKGROUNDS, PARTS
from core.scenes.world import Batch
from core.steps import Progress, Steps, drain
from core.zoo import Model

# Shares of all positions that may be a unit's strongest. Which one tells best is found on half of
# the scenes, the overlap on the other half (GAN Dissection, Bau et al. 2019, arXiv 1811.10597): a
# wheel and a wall are not of one size.
STRONGEST = (0.005, 0.01, 0.02, 0.05, 0.1)
# Positions of each picture by which a unit's threshold is found.
SAMPLED = 128
# Side of the grid on which maps and masks are compared, at most. One twice as fine gives
# nearly the same counts of named units, at four times the time.
GRID = 56
# How much of the frame things take: late maps have few places, and a wheel should not be less than
# one of them.
SCALE = 0.85

# What a unit may respond to: parts, the whole thing, and what stands behind it.
OBJECT, OCCLUDER = "object", "occluder"
CONCEPTS = (*PARTS[1:], OBJECT, *BACKGROUNDS)
KINDS = ("place", "part", "whole")


# Pixels that unit and concept share, by share of the strongest, unit and concept; that the unit
# holds; and that the concept holds.
Overlap = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class PartScores:
    """How well each unit's strongest places cover each concept.

    Attributes:
        iou: Intersection over union, over half of the scenes together, 0 to 1.
    """

    iou: Float[np.ndarray, "c concepts"]

    def best(self) -> pd.DataFrame:
        """One row a unit: the concept it covers best, the part it covers best, and how well."""
        names = [name for name in CONCEPTS if _kind(name) == "part"]
        own = self.iou[:, [CONCEPTS.index(name) for name in names]]
        concept, part = self.iou.argmax(axis=1), own.argmax(axis=1)
        return pd.DataFrame(
            {
                "concept": [CONCEPTS[index] for index in concept],
                "iou": self.iou.max(axis=1),
                "part": [names[index] for index in part],
                "part_iou": own.max(axis=1),
            }
        )


def count_kinds(layers: Mapping[str, PartScores], least: float) -> pd.DataFrame:
    """How many units of each layer cover a concept, by its kind.

    Args:
        layers: Scores by layer, in the order of computing.
        least: The overlap from which a unit counts.

    Returns:
        One row a layer; columns "place", "part" and "whole", with counts.
    """
    rows = {}
    for name, scores in layers.items():
        best = scores.best()
        kinds = best["concept"][best["iou"] >= least].map(_kind)
        rows[name] = {kind: int((kinds == kind).sum()) for kind in KINDS}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(KINDS))


def _kind(concept: str) -> str:
    """What stands in front of a thing is no part of it, but of where it is."""
    if concept == OBJECT:
        return "whole"
    return "place" if concept in (OCCLUDER, *BACKGROUNDS) else "part"


def parts(m: Model, name: str, count: int | None = None) -> PartScores:
    """How well a layer's units cover parts. See `parts_steps`."""
    return drain(parts_steps(m, name, count))


def parts_steps(m: Model, name: str, count: int | None = None) -> Steps[PartScores]:
    """How well a layer's units cover the parts of drawn scenes; a step is a batch, drawn or seen.

    Args:
        m: The network.
        name: Of a layer with positions.
        count: Scenes, evenly of all classes; the usual set where None.

    Raises:
        UnknownLayer: No such layer, or it has no positions.
    """
    (layer,) = probe.find(m.layers, [name])
    if len(layer.shape) != 3:
        raise probe.UnknownLayer(f"{name} has no positions; choose a layer before the pooling.")
    batches: list[Batch] = []
    samples: list[Tensor] = []
    total = 2 * -(-(count or sample.COUNT) // sample.BATCH)
    for batch in sample.batches(max(m.input_size[1:]), count, SCALE):
        samples.append(_sampled(_maps(m, name, batch), len(batches)))
        batches.append(batch)
        yield Progress(len(batches), total, note="finding thresholds")
    thresholds = _thresholds(torch.cat(samples))
    halves: tuple[list[Overlap], list[Overlap]] = ([], [])
    for index, batch in enumerate(batches, 1):
        maps, masks = _maps(m, name, batch), _masks(batch)
        middle = -(-len(maps) // 2)
        for half, rows in zip(halves, (slice(middle), slice(middle, None)), strict=True):
            half.append(_overlaps(maps[rows], thresholds, masks[:, rows]))
        yield Progress(len(batches) + index, total, note="comparing with masks")
    found, held_out = (_iou(half) for half in halves)
    best = found.argmax(dim=0, keepdim=True)
    return PartScores(held_out.gather(0, best)[0].float().cpu().numpy())


def _iou(overlaps: Sequence[Overlap]) -> Float[Tensor, "shares c concepts"]:
    both, unit, concept = (torch.stack(part).sum(0) for part in zip(*overlaps, strict=True))
    union = unit[:, :, None] + concept[None, None, :] - both
    return both / union.clamp(min=1)


def _maps(m: Model, name: str, batch: Batch) -> Float[Tensor, "n c h w"]:
    """Responses to scenes that lie on the model's input grid as they are, so that masks fit."""
    x = m.preprocessing.normalised(batch.pictures / 255)
    return probe.read(m, x.to(m.device), [name])[name].float()


def _sampled(maps: Float[Tensor, "n c h w"], seed: int) -> Float[Tensor, "samples c"]:
    """Responses at some positions of every picture."""
    flat = maps.flatten(2)
    random = torch.Generator().manual_seed(seed)
    places = torch.randint(flat.shape[2], (SAMPLED,), generator=random).to(flat.device)
    return flat[:, :, places].movedim(1, 2).flatten(0, 1)


def _thresholds(sampled: Float[Tensor, "samples c"]) -> Float[Tensor, "shares c"]:
    """Above these a response is among the strongest; a unit that saturates has many of those."""
    low, high = sampled.amin(dim=0), sampled.amax(dim=0)
    shares = sampled.new_tensor([1 - share for share in STRONGEST])
    return torch.minimum(sampled.quantile(shares, dim=0), high - 1e-3 * (high - low))


def _masks(batch: Batch) -> Bool[Tensor, "concepts n h w"]:
    """Where each concept is seen."""
    seen = batch.parts[:, None].float()
    side = min(GRID, seen.shape[-1])
    seen = functional.interpolate(seen, (side, side), mode="nearest-exact")[:, 0].long()
    background = seen == 0
    places = [
        torch.tensor([facts.background == name for facts in batch.factors]) for name in BACKGROUNDS
    ]
    return torch.stack(
        [
            *(seen == index for index in range(1, len(PARTS))),
            seen > PARTS.index(OCCLUDER),
            *(background & place[:, None, None] for place in places),
        ]
    )


def _overlaps(
    maps: Float[Tensor, "n c h w"],
    thresholds: Float[Tensor, "shares c"],
    masks: Bool[Tensor, "concepts n y x"],
) -> Overlap:
    """How the strongest places of each unit meet each concept."""
    grid = masks.shape[-2:]
    both = torch.zeros(*thresholds.shape, len(masks), dtype=torch.float64)
    unit = torch.zeros(thresholds.shape, dtype=torch.float64)
    for row in _rows(len(maps)):  # enlarged maps of a whole batch would take a gigabyte
        large = functional.interpolate(maps[row], grid, mode="bilinear", align_corners=False)
        there = masks[:, row].float().flatten(1).to(large)
        for index, threshold in enumerate(thresholds):
            strong = (large > threshold[:, None, None]).float().movedim(1, 0).flatten(1)  # c pixels
            both[index] += (strong @ there.T).cpu()
            unit[index] += strong.sum(1).cpu()
    return both, unit, masks.flatten(1).sum(1).double()


def _rows(count: int, together: int = 8) -> Iterator[slice]:
    for start in range(0, count, together):
        yield slice(start, start + together)
