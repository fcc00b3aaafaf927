"""What units do over pictures: responses, parts, links, maps, and what breaks without them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import dissect, probe
from core.dissect import PartScores, Responses, sample
from core.recipes import Input, Recipe, Result, Task, options
from core.sets import PictureSet
from core.steps import Progress, Steps
from core.zoo import Card, Model, weights_id

# Maps that are kept of a layer: the strongest.
MOST_MAPS = 16


def _scenes(m: Model) -> Iterator[list[Image.Image]]:
    """The usual set at the model's input size, as many at once as memory allows."""
    for drawn in sample.batches(max(m.input_size[1:])):
        imgs = sample.images(drawn)
        for start in range(0, len(imgs), m.at_once):
            yield imgs[start : start + m.at_once]


def _batches(m: Model, given: Sequence[Input]) -> tuple[Iterable[Sequence[Image.Image]], int]:
    """The pictures of a recipe, some at a time, and how many: its own, a set's, or the usual."""
    if not given:
        return _scenes(m), sample.COUNT
    if isinstance(given[0], Image.Image):
        return [[cast(Image.Image, img) for img in given]], len(given)
    pictures = cast(PictureSet, given[0])
    return _read(pictures, m), len(pictures)


def _read(pictures: PictureSet, m: Model) -> Iterator[list[Image.Image]]:
    """A set's pictures, scenes drawn at the model's input size."""
    side = max(m.input_size[1:])
    for start in range(0, len(pictures), m.at_once):
        indices = range(start, min(start + m.at_once, len(pictures)))
        yield [pictures.image(index, side) for index in indices]


def _responses_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    """All layers are read in one pass over the pictures."""
    m = cast(Model, m)
    layers = list(dict.fromkeys(recipe.layer for recipe in recipes))
    pictures = dict(zip((recipe.inputs for recipe in recipes), inputs, strict=True))
    found = {}
    for key, given in pictures.items():
        batches, total = _batches(m, given)
        found[key] = yield from dissect.responses_steps(m, batches, total, layers)
    return [Result(dict(vars(found[recipe.inputs][recipe.layer]))) for recipe in recipes]


def _parts_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    scores = yield from dissect.parts_steps(cast(Model, m), recipes[0].layer)
    return [Result({"iou": scores.iou})] * len(recipes)


def _links_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m = cast(Model, m)
    imgs = next(_scenes(m))
    results: list[Result] = []
    for recipe in recipes:
        yield Progress(len(results), len(recipes))
        asked = dict(recipe.options)
        links = dissect.incoming if recipe.method == "incoming" else dissect.outgoing
        pulls = links(m, imgs, recipe.layer, int(cast(int, asked["unit"])), str(asked["other"]))
        results.append(Result({"pulls": pulls}))
    return results


def _maps_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    """All layers are read in one pass for a picture."""
    m = cast(Model, m)
    layers = list(dict.fromkeys(recipe.layer for recipe in recipes))
    seen: dict[tuple[str | Recipe, ...], dict[str, Tensor]] = {}
    for recipe, (picture,) in zip(recipes, inputs, strict=True):
        if recipe.inputs not in seen:
            yield Progress(len(seen), len(recipes))
            x = m.preprocess([cast(Image.Image, picture)])
            seen[recipe.inputs] = probe.read(m, x, layers)
    return [_strongest(seen[recipe.inputs][recipe.layer][0].float()) for recipe in recipes]


def _strongest(maps: Float[Tensor, "c h w"]) -> Result:
    order = maps.flatten(1).amax(1).argsort(descending=True, stable=True)[:MOST_MAPS]
    return Result({"maps": maps[order].half().cpu().numpy(), "units": order.cpu().numpy()})


def _without_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m = cast(Model, m)
    results: list[Result] = []
    for recipe, (picture,) in zip(recipes, inputs, strict=True):
        yield Progress(len(results), len(recipes))
        units = [int(unit) for unit in str(dict(recipe.options)["units"]).split(",")]
        imgs = [cast(Image.Image, picture)]
        logits = dissect.logits_without(m, imgs, {recipe.layer: units})
        results.append(Result({"logits": logits[0]}))
    return results


RESPONSES = Task(
    "responses", version=1, steps=_responses_steps, cost=1.5, batch=64, apart=("layer",)
)
PARTS = Task("parts", version=3, steps=_parts_steps, cost=3.0)
LINKS = Task("links", version=1, steps=_links_steps, cost=0.6)
MAPS = Task("maps", version=1, steps=_maps_steps, cost=0.1, batch=64, apart=("layer",))
WITHOUT = Task("without", version=1, steps=_without_steps, cost=0.1)


def responses_recipe(card: Card, layer: str, pictures: Sequence[str] = ()) -> Recipe:
    """How a layer's units respond to pictures; to the usual set of scenes where none is given.

    Args:
        card: The model's.
        layer: Dotted name.
        pictures: Their ids, or the reference of one set.
    """
    if pictures:
        return _recipe(RESPONSES, card, layer, inputs=tuple(pictures))
    return _recipe(RESPONSES, card, layer, scenes=sample.COUNT, set=sample.SEED)


def responses_of(result: Result) -> Responses:
    """The responses that such a recipe gave."""
    return Responses(**result.arrays)


def parts_recipe(card: Card, layer: str) -> Recipe:
    """How well a layer's units cover the parts of scenes."""
    return _recipe(PARTS, card, layer, scenes=sample.COUNT, set=sample.SEED)


def parts_of(result: Result) -> PartScores:
    """The scores that such a recipe gave."""
    return PartScores(result.arrays["iou"])


def links_recipe(card: Card, layer: str, unit: int, other: str, method: str) -> Recipe:
    """Which units of another layer feed a unit ("incoming"), or which it feeds ("outgoing")."""
    return _recipe(LINKS, card, layer, method=method, unit=unit, other=other, set=sample.SEED)


def maps_recipe(card: Card, layer: str, picture: str) -> Recipe:
    """A layer's strongest maps for a picture."""
    return _recipe(MAPS, card, layer, inputs=(picture,))


def without_recipe(card: Card, layer: str, units: Sequence[int], picture: str) -> Recipe:
    """The logits of a picture with some units switched off."""
    chosen = ",".join(str(unit) for unit in sorted(set(units)))
    return _recipe(WITHOUT, card, layer, inputs=(picture,), units=chosen)


def _recipe(
    task: Task,
    card: Card,
    layer: str,
    method: str = "",
    inputs: tuple[str, ...] = (),
    **asked: str | int,
) -> Recipe:
    return Recipe(
        task.name,
        task.version,
        model=card.name,
        weights_id=weights_id(card),
        inputs=inputs,
        layer=layer,
        method=method,
        options=options(**asked),
    )
