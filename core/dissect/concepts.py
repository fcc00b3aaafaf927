"""Network Dissection on drawn scenes: which part of a scene a unit responds to.

Bau et al. 2017 (arXiv 1704.05796): a unit's activation map is thresholded at its strongest
responses over the whole set and compared with the mask of every concept. Scenes are drawn, so the
masks are exact.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from core import probe
from core.arguments import require_count, require_some
from core.dissect import reference_scenes
from core.dissect.overlaps import LayerOverlaps
from core.dissect.samples import Samples, read_together
from core.layers import UnknownLayer, find_layers
from core.scenes import BACKGROUNDS, CLASSES, PARTS
from core.scenes.world import Batch
from core.steps import Progress, Steps, drain, map_progress
from core.zoo import Model

# Largest side of the grid on which maps and masks are compared. A grid twice as fine gives nearly
# the same counts of named units but takes four times as long.
GRID = 56
# Share of the frame that an object takes. Late layers have few positions, and a wheel should cover
# at least one of them.
SCALE = 0.85
# Scenes in a step: other computations have a turn after each. A batch has a whole number of steps.
STEP = 14

# What a unit may respond to: the parts of objects, the whole object, and the backgrounds.
OBJECT, OCCLUDER = "object", "occluder"
CONCEPTS = (*PARTS[1:], OBJECT, *BACKGROUNDS)
KINDS = ("place", "part", "whole")


@dataclass(frozen=True)
class PartScores:
    """How well the strongest responses of each unit cover each concept.

    Attributes:
        iou: Intersection over union, 0 to 1, over half of the scenes; concepts as in `CONCEPTS`.
    """

    iou: Float[np.ndarray, "c concepts"]

    def best(self) -> pd.DataFrame:
        """Return the concept and the part that each unit covers best, with their IoU.

        Returns:
            One row per unit; columns "concept", "iou", "part" and "part_iou".
        """
        part_names = [name for name in CONCEPTS if _kind(name) == "part"]
        part_iou = self.iou[:, [CONCEPTS.index(name) for name in part_names]]
        concept, part = self.iou.argmax(axis=1), part_iou.argmax(axis=1)
        return pd.DataFrame(
            {
                "concept": [CONCEPTS[index] for index in concept],
                "iou": self.iou.max(axis=1),
                "part": [part_names[index] for index in part],
                "part_iou": part_iou.max(axis=1),
            }
        )


def count_kinds(layers: Mapping[str, PartScores], min_iou: float) -> pd.DataFrame:
    """Count the units of each layer that cover a concept, by kind of concept.

    Args:
        layers: Scores by layer, in the order of computation.
        min_iou: Smallest IoU at which a unit counts.

    Returns:
        One row per layer; columns "place", "part" and "whole", with counts.
    """
    rows = {}
    for name, scores in layers.items():
        best = scores.best()
        kinds = best["concept"][best["iou"] >= min_iou].map(_kind)
        rows[name] = {kind: int((kinds == kind).sum()) for kind in KINDS}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(KINDS))


def _kind(concept: str) -> str:
    """Return the kind of a concept; an occluder belongs to the place, not to the object."""
    if concept == OBJECT:
        return "whole"
    return "place" if concept in (OCCLUDER, *BACKGROUNDS) else "part"


def parts(m: Model, name: str, count: int | None = None) -> PartScores:
    """Compute how well a layer's units cover each concept. See `parts_steps`."""
    return drain(parts_steps(m, [name], count))[name]


def draw_scenes_steps(
    side: int, count: int | None = None, classes: Sequence[str] = CLASSES
) -> Steps[list[Batch]]:
    """Draw the scenes of `parts_steps`, for several networks with inputs of one size.

    Args:
        side: Side of the networks' input in pixels.
        count: As for `parts_steps`.
        classes: The classes of the scenes: all, or those that the networks know.
    """
    count = reference_scenes.COUNT if count is None else count
    batches: list[Batch] = []
    for batch in reference_scenes.batches(side, count, SCALE, STEP, classes):
        batches.append(batch)
        yield Progress(len(batches), math.ceil(count / STEP), note="drawing scenes")
    return batches


def parts_steps(
    m: Model,
    names: Sequence[str],
    count: int | None = None,
    drawn: Sequence[Batch] | None = None,
) -> Steps[dict[str, PartScores]]:
    """Compute how well the units of layers cover each concept of drawn scenes, batch by batch.

    Args:
        m: The network.
        names: Layers with positions; as many as fit into memory are read in the same passes.
        count: Number of scenes, equally many of each class; the whole reference set if None.
        drawn: These scenes, if `draw_scenes_steps` has drawn them already.

    Yields:
        The number of batches done, for each group of layers that are read in the same passes: all
        batches once to find thresholds, and again to compare with masks.

    Returns:
        The scores by layer.

    Raises:
        UnknownLayer: No such layer, or it has no positions.
        BadArgument: There are no layers, or the number of scenes is less than 1.
    """
    require_some("layers", names)
    count = reference_scenes.COUNT if count is None else count
    require_count("The number of scenes", count)
    for layer in find_layers(m.layers, names):
        if len(layer.shape) != 3:
            raise UnknownLayer(f"{layer.name} has no positions; choose a layer before the pooling.")
    groups = read_together(find_layers(m.layers, names), count)
    source = iter(drawn or reference_scenes.batches(max(m.input_size[1:]), count, SCALE, STEP))
    batches: list[Batch] = []
    scores: dict[str, PartScores] = {}
    for number, group in enumerate(groups):
        scores |= yield from map_progress(
            _group_steps(m, group, count, batches, source),
            partial(_progress_of_group, number, len(groups)),
        )
    return {name: scores[name] for name in names}


def _progress_of_group(number: int, groups: int, progress: Progress) -> Progress:
    """Convert the progress of a group of layers into that of all groups."""
    step = number * progress.total + progress.step
    return Progress(step, groups * progress.total, note=progress.note)


def _group_steps(
    m: Model, names: Sequence[str], count: int, batches: list[Batch], source: Iterator[Batch]
) -> Steps[dict[str, PartScores]]:
    """Score layers in the same passes.

    Args:
        m: The network.
        names: The layers.
        count: Number of scenes.
        batches: The scenes that an earlier group has drawn; new ones are added.
        source: The scenes after them.
    """
    samples = {name: Samples(count) for name in names}
    total = 2 * math.ceil(count / STEP)  # every scene is read twice
    for index, batch in enumerate(chain(tuple(batches), source)):
        if index == len(batches):
            batches.append(batch)
        for name, maps in _maps(m, names, batch).items():
            samples[name].add(maps, index * STEP // reference_scenes.BATCH)
        yield Progress(index + 1, total, note="finding thresholds")
    # Each layer's samples are freed before those of the next one are sorted.
    overlaps = {name: LayerOverlaps(samples.pop(name).thresholds()) for name in names}
    for index, batch in enumerate(batches):
        masks = _masks(batch)
        middle = _selection_size(index * STEP, masks.shape[1], count)
        for name, maps in _maps(m, names, batch).items():
            overlaps[name].add(maps, masks, middle)
        yield Progress(len(batches) + index + 1, total, note="comparing with masks")
    return {name: PartScores(overlaps[name].iou()) for name in names}


def _selection_size(first: int, count: int, total: int) -> int:
    """Return how many scenes of a step are for the selection: the first half of each batch.

    Args:
        first: Index of the step's first scene.
        count: Number of scenes in the step.
        total: Number of all scenes.
    """
    start = first - first % reference_scenes.BATCH
    middle = start + (min(reference_scenes.BATCH, total - start) + 1) // 2
    return min(max(0, middle - first), count)


def _maps(m: Model, names: Sequence[str], batch: Batch) -> dict[str, Float[Tensor, "n c h w"]]:
    """Return the activation maps for scenes drawn at the input size, so that masks align."""
    x = m.preprocessing.normalised(batch.pictures / 255).to(m.device)
    return {name: maps.float() for name, maps in probe.read(m, x, names).items()}


def _masks(batch: Batch) -> Bool[Tensor, "concepts n h w"]:
    """Return the mask of each concept in each scene, on the comparison grid."""
    labels = batch.parts[:, None].float()
    side = min(GRID, labels.shape[-1])
    labels = functional.interpolate(labels, (side, side), mode="nearest-exact")[:, 0].long()
    is_background = labels == 0
    has_background = [
        torch.tensor([factors.background == name for factors in batch.factors])
        for name in BACKGROUNDS
    ]
    return torch.stack(
        [
            *(labels == index for index in range(1, len(PARTS))),
            labels > PARTS.index(OCCLUDER),
            *(is_background & scenes[:, None, None] for scenes in has_background),
        ]
    )
