"""The strongest response of each unit of a layer to each picture."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from PIL import Image

from core import dissect
from core.dissect import Responses, reference_scenes
from core.sets import PictureSet
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.zoo import Card, Model

# Scenes that are drawn in a step. To draw 56 takes longer than other visitors should wait.
DRAWN_AT_ONCE = 7


def responses_recipe(card: Card, layer: str, pictures: Sequence[str] = ()) -> Recipe[Responses]:
    """Recipe of the responses of a layer's units to pictures.

    Args:
        card: The network's card.
        layer: Dotted name.
        pictures: Ids of pictures, or the reference of a set; empty for the reference scenes.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    if pictures:
        return RESPONSES.recipe(card, pictures, layer)
    return RESPONSES.recipe(
        card, layer=layer, scenes=reference_scenes.COUNT, set=reference_scenes.SEED
    )


def scene_batches(m: Model) -> Iterator[list[Image.Image]]:
    """Yield the reference scenes at the network's input size, in batches that are drawn quickly."""
    at_once = min(m.batch_size, DRAWN_AT_ONCE)
    for batch in reference_scenes.batches(max(m.input_size[1:]), at_once=at_once):
        yield reference_scenes.images(batch)


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Read all layers in one pass over the pictures of each set of inputs."""
    layers = list(dict.fromkeys(recipe.layer for recipe in call.recipes))
    inputs = dict(zip((recipe.inputs for recipe in call.recipes), call.inputs, strict=True))
    responses = {}
    for key, pictures in inputs.items():
        batches, total = _batches(call.model, pictures)
        responses[key] = yield from dissect.responses_steps(call.model, batches, total, layers)
    return [
        StoredResult(dict(vars(responses[recipe.inputs][recipe.layer]))) for recipe in call.recipes
    ]


def _batches(m: Model, inputs: Sequence[Any]) -> tuple[Iterable[Sequence[Image.Image] | None], int]:
    """Return the pictures of a recipe's inputs in batches, and their number."""
    if not inputs:
        return scene_batches(m), reference_scenes.COUNT
    if isinstance(inputs[0], PictureSet):
        return _set_batches(inputs[0], m), len(inputs[0])
    return [list(inputs)], len(inputs)


def _set_batches(pictures: PictureSet, m: Model) -> Iterator[list[Image.Image] | None]:
    """Yield the pictures of a set in batches; scenes are drawn at the network's input size.

    Yields None after each picture: a large one takes long to decode.
    """
    side = max(m.input_size[1:])
    for start in range(0, len(pictures), m.batch_size):
        indices = range(start, min(start + m.batch_size, len(pictures)))
        imgs = []
        for index in indices:
            imgs.append(pictures.image(index, side))
            yield None
        yield imgs


def _read(stored: StoredResult) -> Responses:
    return Responses(**stored.arrays)


RESPONSES = Task(
    "responses", version=2, compute=_compute, read=_read, cost=1.5, batch=64, may_differ=("layer",)
)
