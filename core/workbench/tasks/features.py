"""The features of a picture set: one row for each picture, from a layer's activation."""

import numpy as np

from core import batched_reading, embed, predict
from core.embed import POOLED
from core.layers import LOGITS
from core.steps import Progress, Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card


def features_recipe(
    card: Card,
    reference: str,
    layer: str,
    how: str = POOLED,
    place: tuple[int, int] | None = None,
) -> Recipe[np.ndarray]:
    """Recipe of the features of a picture set at a layer, (n, d), float32.

    Args:
        card: The network's card.
        reference: The set's reference.
        layer: Dotted name of a layer, "logits", or "pixels" for the picture itself.
        how: "pooled", "flattened" or "position".
        place: Row and column of the position; None for the middle.

    Raises:
        NoClassifier: `layer` is "logits", and the network has no classes.
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    if layer == LOGITS:
        predict.require_classes(card)
    options = {"y": place[0], "x": place[1]} if place else {}
    return FEATURES.recipe(card, [reference], layer, how, **options)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Read all layers in one pass. The recipes of a call have the same set (see `row_store`)."""
    pictures = call.picture_sets()[0]
    first, size = call.recipes[0], call.model.batch_size
    layers = [recipe.layer for recipe in call.recipes]
    place = (first.option("y", int), first.option("x", int)) if first.options else None
    runs = [range(start, min(start + size, len(pictures)))
            for start in range(0, len(pictures), size)]  # fmt: skip
    batches = batched_reading.picture_batches(call.model, pictures, runs)
    steps = embed.features_steps(call.model, batches, len(pictures), layers, first.method, place)

    def rows_of_each_recipe(progress: Progress) -> Progress:
        if progress.preview is None:  # pictures are being read
            return progress
        rows = [progress.preview[layer] for layer in layers]
        return Progress(progress.step, progress.total, preview=rows)

    features = yield from map_progress(steps, rows_of_each_recipe)
    return [StoredResult({"rows": features[layer]}) for layer in layers]


def _read(stored: StoredResult) -> np.ndarray:
    return stored.arrays["rows"]


FEATURES = Task(
    "features", version=1, compute=_compute, read=_read, cost=5.0, batch=64,
    may_differ=("layer",), by_picture=True,
)  # fmt: skip
