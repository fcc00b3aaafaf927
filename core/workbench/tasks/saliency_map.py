"""The saliency map of a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from core import predict, saliency
from core.options import Option
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult, Value
from core.workbench.task import Call, Task
from core.workbench.tasks.precision_check import bfloat16_agreement_recipe
from core.zoo import Card, Model
from core.zoo.precision import BFLOAT16, FLOAT32

# Options of recipes that are not options of the saliency method itself.
CLASS, AGAINST, METHOD_VERSION = "class", "against", "method_version"
# Rough number of seconds that a forward pass of a picture takes.
SECONDS_PER_PASS = 0.02


@dataclass(frozen=True)
class SaliencyMap:
    """The saliency map of a class of a picture.

    Attributes:
        map: Raw values on the network's input grid, (h, w).
        class_index: Index of the explained class.
        against: Index of the class whose logit was subtracted; None if none was.
        notes: Figures that the method reports, by name.
        flat: Whether all values of the map are equal, so that it shows no evidence.
        precision: Number format of the forward passes whose scores made the map.
    """

    map: np.ndarray
    class_index: int
    against: int | None
    notes: Mapping[str, float]
    flat: bool
    precision: str = FLOAT32


def saliency_map_recipe(
    card: Card,
    picture: str,
    method: str,
    class_index: int | None = None,
    against: int | None = None,
    layer: str = "",
    options: Mapping[str, Option] | None = None,
    precision: str = FLOAT32,
) -> Recipe[SaliencyMap]:
    """Recipe of the saliency map of a picture.

    A map in bfloat16 has another recipe than the exact map, and has as an input how well both agree
    for this network and method. Where they don't agree, its result is computed in float32 too.

    Args:
        card: The network's card.
        picture: The picture's id.
        method: A key of `saliency.methods()`.
        class_index: Index of the class to explain; None for the top class.
        against: Index of a class whose logit is subtracted, to explain the difference.
        layer: Dotted name, for methods that use a layer; empty for the last convolutional layer.
        options: Options of the method that are not at their defaults.
        precision: Number format that this machine's device is fastest in (`fast_precision`), for
            methods that are forward passes only; all others use float32.

    Raises:
        NoClassifier: The network has no classes.
        UnknownMethod: There is no such method or option.
        WeightsUnavailable: The weights have to be downloaded first, or do not exist.
    """
    task_options = {CLASS: class_index, AGAINST: against}
    recipe = method_recipe(SALIENCY_MAP, card, method, options, task_options, [picture], layer)
    if precision == FLOAT32 or not saliency.find(method, {}).forward_only:
        return recipe
    check = bfloat16_agreement_recipe(card, method)
    return replace(recipe, inputs=(picture, check), precision=precision)


def method_recipe(
    task: Task[Value],
    card: Card,
    method: str,
    options: Mapping[str, Option] | None,
    task_options: Mapping[str, Option],
    inputs: Sequence[str] = (),
    layer: str = "",
) -> Recipe[Value]:
    """Build a recipe of a task that runs a saliency method.

    The recipe has all options of the method, so that results with former defaults are not used, and
    the method's version, so that results of older versions are not used.

    Args:
        task: The task.
        card: The network's card.
        method: A key of `saliency.methods()`.
        options: Options of the method that are not at their defaults.
        task_options: Options of the task itself.
        inputs: Ids of pictures.
        layer: Dotted name, for methods that use a layer.
    """
    predict.require_classes(card)
    described = saliency.find(method, options or {})
    all_options: dict[str, Any] = {**described.options, **(options or {}), **task_options}
    all_options[METHOD_VERSION] = described.version
    return task.recipe(card, inputs, layer, method, **all_options)


def maps_and_classes(call: Call) -> tuple[np.ndarray, list[int]]:
    """Return the saliency maps among the inputs of a call, (n, h, w), and the explained classes."""
    saliency_maps = call.each(SaliencyMap)
    maps = np.stack([saliency_map.map for saliency_map in saliency_maps])
    return maps, [saliency_map.class_index for saliency_map in saliency_maps]


def method_options(recipe: Recipe[Any]) -> dict[str, Option]:
    """Return the options of a recipe that are options of its saliency method."""
    known = saliency.find(recipe.method, {}).options
    return {name: value for name, value in recipe.options if name in known}


def method_cost(recipe: Recipe[Any]) -> float:
    """Return the rough number of seconds that the recipe's method takes for a picture."""
    return SECONDS_PER_PASS * saliency.find(recipe.method, {}).passes


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Explain all pictures in one run of the method."""
    m, imgs, first = call.model, call.pictures(), call.recipes[0]
    options = [dict(recipe.options) for recipe in call.recipes]
    classes = _classes(m, imgs, [values[CLASS] for values in options])
    against = [index if isinstance(index := values[AGAINST], int) else None for values in options]
    contrast = [index for index in against if index is not None]
    precision = _precision(call)
    explained = yield from saliency.explain_steps(
        m, imgs, first.method, classes, first.layer or None, first.seed, contrast or None,
        precision, **method_options(first),
    )  # fmt: skip
    results = []
    for row, values in enumerate(explained.maps):
        notes = {name: float(column[row]) for name, column in explained.notes.items()}
        record = {"class_index": explained.classes[row], "against": against[row], "notes": notes,
                  "flat": bool(np.ptp(values) == 0), "precision": precision}  # fmt: skip
        results.append(StoredResult({"map": values}, record))
    return results


def _precision(call: Call) -> str:
    """Return the format for a call's maps: bfloat16 if they request it and it agrees."""
    if call.recipes[0].precision != BFLOAT16:
        return FLOAT32
    (agreement,) = call.inputs_of(0, float)
    return saliency.agreed_precision(agreement)


def _classes(m: Model, imgs: Sequence[Image.Image], classes: Sequence[Option]) -> list[int] | None:
    """Return the classes to explain, with the top class for each None; None if all are None."""
    if all(index is None for index in classes):
        return None
    tops = [predictions[0].index for predictions in predict.top_classes(m, imgs, 1)]
    return [
        index if isinstance(index, int) else top for index, top in zip(classes, tops, strict=True)
    ]


def _read(stored: StoredResult) -> SaliencyMap:
    record = stored.record
    return SaliencyMap(
        stored.arrays["map"], record["class_index"], record["against"], record["notes"],
        record["flat"], record.get("precision", FLOAT32),
    )  # fmt: skip


SALIENCY_MAP = Task(
    "saliency map", version=1, compute=_compute, read=_read, cost=method_cost, batch=16,
    may_differ=(CLASS,),
)  # fmt: skip
