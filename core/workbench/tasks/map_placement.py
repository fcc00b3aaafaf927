"""The positions of new pictures on an existing map."""

import numpy as np

from core import embed
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.workbench.tasks.picture_map import PictureMap


def map_placement_recipe(
    features: Recipe[np.ndarray], picture_map: Recipe[PictureMap], new_features: Recipe[np.ndarray]
) -> Recipe[np.ndarray]:
    """Recipe of the positions of new pictures on a map, (n, 2).

    Args:
        features: Features of the pictures on the map.
        picture_map: The map.
        new_features: Features of the new pictures at the same layer.
    """
    metric = picture_map.option("metric", str)
    return MAP_PLACEMENT.recipe(inputs=[features, picture_map, new_features], metric=metric)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    def place(index: int) -> StoredResult:
        features, new_features = call.inputs_of(index, np.ndarray)
        (picture_map,) = call.inputs_of(index, PictureMap)
        metric = call.recipes[index].option("metric", str)
        positions = embed.place(features, picture_map.positions, new_features, metric)
        return StoredResult({"positions": positions})

    return (yield from one_by_one(call, place))


def _read(stored: StoredResult) -> np.ndarray:
    return stored.arrays["positions"]


MAP_PLACEMENT = Task("map placement", version=1, compute=_compute, read=_read, cost=0.2)
