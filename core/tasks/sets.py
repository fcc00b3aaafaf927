"""What networks make of sets of pictures: features, verdicts, and CKA between layers."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd

from core import compare, embed, predict, sweep
from core.anatomy import anatomy
from core.compare import Grams, OtherPictures, Verdicts
from core.embed import POOLED
from core.recipes import Input, Recipe, Result, Task, options
from core.sets import PictureSet
from core.steps import Progress, Steps, mapped
from core.visualize import LOGITS
from core.zoo import Card, Model, weights_id


def _features_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    """All layers are read in one pass; the recipes of a call are of one set (`core.rows`)."""
    m = cast(Model, m)
    chosen = cast(PictureSet, inputs[0][0])
    layers = [recipe.layer for recipe in recipes]
    place = _place(recipes[0])
    size = m.at_once
    runs = [range(start, min(start + size, len(chosen))) for start in range(0, len(chosen), size)]
    steps = embed.features_steps(
        m, sweep.pictures(m, chosen, runs), len(chosen), layers, recipes[0].method, place
    )

    def tell(progress: Progress) -> Progress:
        rows = [progress.preview[layer] for layer in layers]
        return Progress(progress.step, progress.total, preview=rows)

    found = yield from mapped(steps, tell)
    return [Result({"rows": found[layer]}) for layer in layers]


def _place(recipe: Recipe) -> tuple[int, int] | None:
    asked = dict(recipe.options)
    return (int(cast(int, asked["y"])), int(cast(int, asked["x"]))) if asked else None


def _verdicts_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for (given,) in inputs:
        yield Progress(len(results), len(recipes))
        best, probability = compare.top(cast(Result, given).arrays["rows"])
        results.append(Result({"top": best, "probability": probability}))
    return results


def _grams_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    m = cast(Model, m)
    layers = [organ.name for organ in anatomy(m) if organ.main]
    results: list[Result] = []
    for recipe, (given,) in zip(recipes, inputs, strict=True):
        chosen = cast(PictureSet, given)
        size = int(cast(int, dict(recipe.options)["batch"]))
        runs = compare.shuffled(len(chosen), recipe.seed, size)
        ready = sweep.inputs(m, sweep.pictures(m, chosen, runs))
        found = yield from compare.grams_steps(m, ready, len(chosen), layers)
        record = {"layers": layers, "sizes": list(found.sizes)}
        results.append(Result({"entries": found.entries}, record))
    return results


def _cka_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for given in inputs:
        yield Progress(len(results), len(recipes))
        a, b = (_grams_of(cast(Result, one)) for one in given)
        record = {"rows": list(a.layers), "columns": list(b.layers)}
        arrays = {"cka": compare.between(a, b), "error": compare.standard_error(a, b)}
        results.append(Result(arrays, record))
    return results


def _grams_of(result: Result) -> Grams:
    record = result.record
    return Grams(tuple(record["layers"]), result.arrays["entries"], tuple(record["sizes"]))


FEATURES = Task(
    "features", version=1, steps=_features_steps, cost=5.0, batch=64, apart=("layer",),
    by_picture=True,
)  # fmt: skip
VERDICTS = Task("verdicts", version=1, steps=_verdicts_steps, cost=0.05)
GRAMS = Task("grams", version=2, steps=_grams_steps, cost=8.0)
CKA = Task("cka", version=2, steps=_cka_steps, cost=0.05)


def features_recipe(
    card: Card,
    reference: str,
    layer: str,
    how: str = POOLED,
    place: tuple[int, int] | None = None,
) -> Recipe:
    """What a layer makes of each picture of a set, as one row.

    Args:
        card: The model's.
        reference: The set's.
        layer: Dotted name; "logits" for the classes' scores, "pixels" for the picture itself.
        how: "pooled", "flattened" or "position".
        place: Row and column of the position; the middle where None.

    Raises:
        NoClassifier: Logits are asked of a model that gives no classes.
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    if layer == LOGITS:
        predict.require_classes(card)
    asked = options(y=place[0], x=place[1]) if place else ()
    return Recipe(
        FEATURES.name, FEATURES.version, model=card.name, weights_id=weights_id(card),
        inputs=(reference,), layer=layer, method=how, options=asked,
    )  # fmt: skip


def features_of(result: Result) -> np.ndarray:
    """The rows that such a recipe gave, (n, d), float32."""
    return result.arrays["rows"]


def verdicts_recipe(card: Card, reference: str) -> Recipe:
    """What a network says each picture of a set shows, and how sure it is.

    Raises:
        NoClassifier: The model gives no classes.
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    logits = features_recipe(card, reference, LOGITS)
    return Recipe(VERDICTS.name, VERDICTS.version, inputs=(logits,))


def verdicts_of(result: Result, card: Card) -> Verdicts:
    """The verdicts that such a recipe gave, in the names of the model's classes."""
    labels = tuple(card.labels[index] for index in result.arrays["top"].tolist())
    return Verdicts(labels, result.arrays["probability"])


def grams_recipe(card: Card, reference: str, seed: int = 0) -> Recipe:
    """How alike a network's main layers find the pictures of a set; what CKA is made of.

    Args:
        card: The model's.
        reference: The set's.
        seed: Of the mini-batches.

    Raises:
        WeightsUnavailable: They have to be fetched first, or can't be had.
    """
    return Recipe(
        GRAMS.name, GRAMS.version, model=card.name, weights_id=weights_id(card),
        inputs=(reference,), options=options(batch=compare.BATCH), seed=seed,
    )  # fmt: skip


def cka_recipe(a: Recipe, b: Recipe) -> Recipe:
    """How alike two networks' layers are, each with each: of two `grams_recipe`.

    Raises:
        OtherPictures: They are of different sets, or in different batches.
    """
    if (a.inputs, a.options, a.seed) != (b.inputs, b.options, b.seed):
        raise OtherPictures(
            "CKA compares two networks on the same pictures in the same batches; ask both of the"
            " same set with the same seed."
        )
    return Recipe(CKA.name, CKA.version, inputs=(a, b))


def cka_of(result: Result) -> pd.DataFrame:
    """The table that such a recipe gave: a row for each layer of one, a column for the other's."""
    return _by_layer(result, "cka")


def cka_error_of(result: Result) -> pd.DataFrame:
    """The standard error of each figure of that table; NaN where it can't be told."""
    return _by_layer(result, "error")


def _by_layer(result: Result, array: str) -> pd.DataFrame:
    record = result.record
    return pd.DataFrame(result.arrays[array], record["rows"], record["columns"])
