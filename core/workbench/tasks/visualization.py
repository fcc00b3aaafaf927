"""Feature visualizations of channels, classes and directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import probe, visualize
from core.layer_info import LayerInfo
from core.layers import LOGITS
from core.steps import Progress, Steps, map_progress
from core.visualize import Objective, Quality, Rendering
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card, Model

# Recipes of a call: as many pictures as are optimised at once at the usual size.
BATCH = 16
# The canvas that reports the importance of each place, so that pages can fade out the rest.
FADING = "maco"
CHANNEL, DIRECTION, CARICATURE = "channel", "direction", "caricature"


@dataclass(frozen=True)
class Visualization:
    """Pictures that were optimised to excite a unit.

    Attributes:
        pictures: The variations, (n, h, w, 3), uint8.
        importance: Importance of each place, (n, h, w); None if the canvas does not report it.
        scores: The value of the objective for each variation.
        dead: Whether no picture excites the unit.
    """

    pictures: np.ndarray
    importance: np.ndarray | None
    scores: Sequence[float]
    dead: bool


def channel_recipe(
    card: Card,
    layer: LayerInfo,
    unit: int,
    variations: int = 1,
    quality: Quality | None = None,
    seed: int = 0,
) -> Recipe[Visualization]:
    """Recipe of a picture that excites a channel, or a class if the layer is "logits".

    Args:
        card: The network's card.
        layer: The layer.
        unit: Index of the channel or class.
        variations: Number of pictures that should differ from each other.
        quality: The quality; None for the default of the layer.
        seed: Seed of the starting pictures and the transforms.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    quality = quality or visualize.quality_for(card.input_size, layer.name, layer.shape)
    return VISUALIZATION.recipe(
        card, layer=layer.name, method=CHANNEL, seed=seed, quality=quality.to_json(), unit=unit,
        variations=variations,
    )  # fmt: skip


def layer_view_recipe(
    card: Card,
    layer: LayerInfo,
    picture: str,
    method: str = DIRECTION,
    quality: Quality | None = None,
) -> Recipe[Visualization]:
    """Recipe of a picture as a layer represents it.

    Args:
        card: The network's card.
        layer: The layer.
        picture: The picture's id.
        method: "direction" (the mean activation, free layout) or "caricature" (same layout).
        quality: The quality; None for the default of the layer.

    Raises:
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    quality = quality or visualize.quality_for(card.input_size, layer.name, layer.shape)
    return VISUALIZATION.recipe(card, [picture], layer.name, method, quality=quality.to_json())


def _compute(call: Call) -> Steps[list[StoredResult]]:
    m, first = call.model, call.recipes[0]
    quality = Quality.from_json(first.option("quality", str))
    objectives = [_objective(m, call, index) for index in range(len(call.recipes))]
    # The recipe that each picture of the batch belongs to.
    owners = np.repeat(
        np.arange(len(objectives)), [objective.variations for objective in objectives]
    )
    previews: list[Any] = [None] * len(objectives)

    def previews_of_each_recipe(progress: Progress) -> Progress:
        if progress.preview is not None:
            start, pictures = progress.preview
            rows = owners[start : start + len(pictures)]
            for index in set(rows):
                previews[index] = pictures[rows == index]
        return Progress(progress.step, progress.total, preview=list(previews))

    steps = visualize.render_steps(m, objectives, seed=first.seed, quality=quality)
    rendering = yield from map_progress(steps, previews_of_each_recipe)
    fades = quality.canvas == FADING
    return [_result(rendering, owners == index, fades) for index in range(len(objectives))]


def _objective(m: Model, call: Call, index: int) -> Objective:
    recipe = call.recipes[index]
    if recipe.method == CHANNEL:
        objective = visualize.channel(recipe.layer, recipe.option("unit", int))
        variations = recipe.option("variations", int)
        if variations == 1:
            return objective
        return visualize.diverse(
            objective, variations, compared_layer=_compared_layer(m, recipe.layer)
        )
    picture = call.pictures()[index]
    activation = probe.read(m, m.preprocess([picture]), [recipe.layer])[recipe.layer][0]
    if recipe.method == DIRECTION:
        vector = activation.reshape(len(activation), -1).mean(1)
        return visualize.direction(recipe.layer, vector)
    return visualize.caricature(recipe.layer, activation)


def _compared_layer(m: Model, layer: str) -> str:
    """Return the layer in which variations should differ: for classes the last with positions."""
    if layer != LOGITS:
        return ""
    shapes = {name: layer.shape for name, layer in m.layers.items()}
    return [name for name, shape in shapes.items() if len(shape) == 3 and shape[1] > 1][-1]


def _result(rendering: Rendering, rows: np.ndarray, fades: bool) -> StoredResult:
    pictures = rendering.pictures[rows]
    arrays = {f"picture{index}": picture for index, picture in enumerate(pictures)}
    if fades:
        for index, importance in enumerate(rendering.importance[rows]):
            arrays[f"importance{index}"] = importance.astype(np.float16)
    record = {"scores": rendering.scores[rows].tolist(), "dead": bool(rendering.dead[rows].all())}
    return StoredResult(arrays, record)


def _read(stored: StoredResult) -> Visualization:
    count = sum(name.startswith("picture") for name in stored.arrays)
    pictures = np.stack([stored.arrays[f"picture{index}"] for index in range(count)])
    importance = None
    if "importance0" in stored.arrays:
        stack = np.stack([stored.arrays[f"importance{index}"] for index in range(count)])
        importance = stack.astype(np.float32)
    return Visualization(pictures, importance, stored.record["scores"], stored.record["dead"])


VISUALIZATION = Task(
    "visualization", version=4, compute=_compute, read=_read, cost=2.0, batch=BATCH,
    may_differ=("unit",),
)  # fmt: skip
