"""Pictures of what units, classes and directions look for."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from PIL import Image

from core import probe, visualize
from core.anatomy import Organ
from core.recipes import Input, Recipe, Result, Task, options
from core.steps import Progress, Steps, mapped
from core.visualize import LOGITS, Objective, Quality, Rendering
from core.zoo import Card, Model, weights_id

# Pictures of one call: what is climbed at once at the usual size.
BATCH = 16
# The canvas whose pictures are told from their background by how important each place was.
FADING = "maco"


def _steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m = cast(Model, m)
    quality = Quality.from_json(str(dict(recipes[0].options)["quality"]))
    chosen = [_objective(m, recipe, given) for recipe, given in zip(recipes, inputs, strict=True)]
    owners = np.repeat(np.arange(len(chosen)), [objective.faces for objective in chosen])
    climb = visualize.render_steps(m, chosen, seed=recipes[0].seed, quality=quality)
    shown: list[Any] = [None] * len(recipes)

    def tell(progress: Progress) -> Progress:
        if progress.preview is not None:
            start, pictures = progress.preview
            rows = owners[start : start + len(pictures)]
            for index in set(rows):
                shown[index] = pictures[rows == index]
        return Progress(progress.step, progress.total, preview=list(shown))

    made = yield from mapped(climb, tell)
    fades = quality.canvas == FADING
    return [_result(made, owners == index, fades) for index in range(len(recipes))]


def _objective(m: Model, recipe: Recipe, given: Sequence[Input]) -> Objective:
    asked = dict(recipe.options)
    if recipe.method == "channel":
        unit = visualize.channel(recipe.layer, int(cast(int, asked["unit"])))
        faces = int(cast(int, asked["faces"]))
        return visualize.diverse(unit, faces, compared=_compared(m, recipe)) if faces > 1 else unit
    if recipe.method == "layer":
        return visualize.layer(recipe.layer)
    seen = probe.read(m, m.preprocess([cast(Image.Image, given[0])]), [recipe.layer])
    activation = seen[recipe.layer][0]
    if recipe.method == "direction":
        return visualize.direction(recipe.layer, activation.flatten(1).mean(1))
    return visualize.caricature(recipe.layer, activation)


def _compared(m: Model, recipe: Recipe) -> str:
    """Where faces of a class should differ: the last layer that still has positions."""
    if recipe.layer != LOGITS:
        return ""
    return [
        name for name, layer in m.layers.items() if len(layer.shape) == 3 and layer.shape[1] > 1
    ][-1]


def _result(made: Rendering, rows: np.ndarray, fades: bool) -> Result:
    pictures = made.pictures[rows]
    arrays = {f"face{index}": picture for index, picture in enumerate(pictures)}
    if fades:
        for index, importance in enumerate(made.importance[rows]):
            arrays[f"importance{index}"] = importance.astype(np.float16)
    record = {"scores": made.scores[rows].tolist(), "dead": bool(made.dead[rows].all())}
    return Result(arrays, record)


PICTURE = Task("picture", version=4, steps=_steps, cost=2.0, batch=BATCH, apart=("unit",))


def picture_recipe(
    card: Card,
    organ: Organ,
    unit: int,
    faces: int = 1,
    quality: Quality | None = None,
    seed: int = 0,
) -> Recipe:
    """What one channel looks for; of the layer "logits", one class.

    Args:
        card: The model's.
        organ: The layer.
        unit: Number of the channel.
        faces: Pictures that should differ.
        quality: What suits the layer where None.
        seed: Of starts and transforms.

    Raises:
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    quality = quality or visualize.quality_for(card.input_size, organ.name, organ.shape)
    return _recipe(card, "channel", organ.name, quality, seed, unit=unit, faces=faces)


def direction_recipe(
    card: Card,
    organ: Organ,
    picture: str,
    method: str = "direction",
    quality: Quality | None = None,
) -> Recipe:
    """What a layer makes of a picture, made visible.

    Args:
        card: The model's.
        organ: The layer.
        picture: Its id.
        method: "direction" (its mean activation) or "caricature" (everything at its place).
        quality: What suits the layer where None.

    Raises:
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    quality = quality or visualize.quality_for(card.input_size, organ.name, organ.shape)
    return _recipe(card, method, organ.name, quality, 0, inputs=(picture,))


def _recipe(
    card: Card,
    method: str,
    layer: str,
    quality: Quality,
    seed: int,
    inputs: tuple[str, ...] = (),
    **asked: int,
) -> Recipe:
    return Recipe(
        PICTURE.name,
        PICTURE.version,
        model=card.name,
        weights_id=weights_id(card),
        inputs=inputs,
        layer=layer,
        method=method,
        options=options(quality=quality.to_json(), **asked),
        seed=seed,
    )
