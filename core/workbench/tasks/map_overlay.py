"""A map of pictures, aligned to another map of the same pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core import embed
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one


@dataclass(frozen=True)
class MapOverlay:
    """A map that was rotated, shifted and scaled onto a reference map.

    Attributes:
        positions: Positions of the aligned points, (n, 2).
        moved: Distance of each point to its place on the reference map (`embed.Alignment`), (n,).
        kept: Share of each point's neighbours that are its neighbours on the reference map, (n,).
    """

    positions: np.ndarray
    moved: np.ndarray
    kept: np.ndarray


def map_overlay_recipe(aligned_map: Recipe[Any], reference_map: Recipe[Any]) -> Recipe[MapOverlay]:
    """Recipe of a map aligned to another map of the same pictures.

    Args:
        aligned_map: The map to rotate, shift and scale.
        reference_map: The map that stays as it is.
    """
    return MAP_OVERLAY.recipe(inputs=[aligned_map, reference_map])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    def overlay(index: int) -> StoredResult:
        positions, reference = (picture_map.positions for picture_map in call.inputs[index])
        aligned = embed.procrustes(positions, reference)
        kept = embed.kept_neighbours(positions, reference)
        return StoredResult({"positions": aligned.positions, "moved": aligned.moved, "kept": kept})

    return (yield from one_by_one(call, overlay))


def _read(stored: StoredResult) -> MapOverlay:
    return MapOverlay(**stored.arrays)


MAP_OVERLAY = Task("map overlay", version=1, compute=_compute, read=_read, cost=0.1)
