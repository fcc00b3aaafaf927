"""Maps of pictures and of neurons, from the features and responses that other recipes give."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from core import embed
from core.recipes import Input, Option, Recipe, Result, Task, options
from core.sets import PictureSet
from core.steps import Progress, Steps, mapped
from core.zoo import Model

PCA, TSNE = "pca", "tsne"
METRIC, PERPLEXITY = "metric", "perplexity"


def _embedding_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    """A map of features, which may start from another map; judged when it is made."""
    (recipe,), (given,) = recipes, inputs
    features, *start = [one for one in given if isinstance(one, Result)]
    x, asked = rows_of(features), dict(recipe.options)
    begun = time.perf_counter()
    made = _made_steps(recipe, x, start[0].arrays["positions"] if start else None)
    arrays = yield from mapped(made, alone)
    seconds = time.perf_counter() - begun
    judged = _judged_steps(x, arrays["positions"], str(asked[METRIC]), _labels(given))
    record = yield from mapped(judged, lambda one: replace(one, preview=[arrays["positions"]]))
    if recipe.method == TSNE:
        record[PERPLEXITY] = embed.perplexity_for(len(x), float(cast(float, asked[PERPLEXITY])))
    return [Result(arrays, record | {"seconds": seconds})]


def _made_steps(
    recipe: Recipe, x: np.ndarray, start: np.ndarray | None
) -> Steps[dict[str, np.ndarray]]:
    asked: dict[str, Any] = dict(recipe.options)
    if recipe.method == PCA:
        yield Progress(0, 1)
        axes = embed.pca(x, **asked)
        return {"positions": axes.positions, "explained": axes.explained}
    if start is not None:
        found = yield from embed.aligned_steps(x, start, seed=recipe.seed, **asked)
        return {"positions": found.positions, "start": start, "moved": found.moved}
    positions = yield from embed.tsne_steps(x, seed=recipe.seed, **asked)
    return {"positions": positions, "start": embed.pca(x, metric=asked[METRIC]).positions}


def _judged_steps(
    x: np.ndarray, positions: np.ndarray, metric: str, labels: Sequence[str]
) -> Steps[dict[str, Any]]:
    trust = yield from embed.trustworthiness_steps(x, positions, metric=metric)
    whole = yield from embed.continuity_steps(x, positions, metric=metric)
    return {
        "neighbours": embed.NEIGHBOURS, "trustworthiness": trust, "continuity": whole,
        "purity": embed.purity(positions, labels),
        "purity_of_features": embed.purity(x, labels, metric=metric),
    }  # fmt: skip


def _purity_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for recipe, given in zip(recipes, inputs, strict=True):
        yield Progress(len(results), len(recipes))
        x, metric = rows_of(cast(Result, given[0])), str(dict(recipe.options)[METRIC])
        found = embed.purity(x, _labels(given), metric=metric)
        results.append(Result({}, {"purity": found, "neighbours": embed.NEIGHBOURS}))
    return results


def _overlay_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for given in inputs:
        yield Progress(len(results), len(recipes))
        positions, onto = (cast(Result, one).arrays["positions"] for one in given)
        found = embed.overlay(positions, onto)
        kept = embed.kept_neighbours(positions, onto)
        arrays = {"positions": found.positions, "moved": found.moved, "kept": kept}
        results.append(Result(arrays, {"neighbours": embed.NEIGHBOURS}))
    return results


def _place_steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    results: list[Result] = []
    for recipe, given in zip(recipes, inputs, strict=True):
        yield Progress(len(results), len(recipes))
        there, drawn, new = (cast(Result, one) for one in given)
        metric = str(dict(recipe.options)[METRIC])
        placed = embed.place(rows_of(there), drawn.arrays["positions"], rows_of(new), metric)
        results.append(Result({"positions": placed}))
    return results


def rows_of(result: Result) -> np.ndarray:
    """Features, whatever their recipe calls them: its only array."""
    (rows,) = result.arrays.values()
    return rows


def alone(progress: Progress) -> Progress:
    """What is shown, as that of the only recipe."""
    return replace(progress, preview=None if progress.preview is None else [progress.preview])


def _labels(given: Sequence[Input]) -> list[str]:
    """Of the set among the inputs, in its order; none where there is no set."""
    sets = [one for one in given if isinstance(one, PictureSet)]
    return [sets[0].label(index) for index in range(len(sets[0]))] if sets else []


EMBEDDING = Task("embedding", version=1, steps=_embedding_steps, cost=4.0, batch=1)
PURITY = Task("purity", version=1, steps=_purity_steps, cost=0.2)
OVERLAY = Task("overlay", version=1, steps=_overlay_steps, cost=0.1)
PLACE = Task("place", version=1, steps=_place_steps, cost=0.2)


def pca_recipe(features: Recipe, labelled: str = "", metric: str = "euclidean") -> Recipe:
    """The quick map: pictures along the two axes in which they vary most.

    Gives positions and explained; the record judges it as `tsne_recipe` has it.

    Args:
        features: A recipe that gives features, one row a picture.
        labelled: Reference of the set, whose labels tell how pure the map is.
        metric: One of `embed.METRICS`.
    """
    return _recipe(EMBEDDING, features, *_named(labelled), method=PCA, metric=metric)


def tsne_recipe(
    features: Recipe,
    start: Recipe | str = embed.AXES,
    labelled: str = "",
    perplexity: float = embed.PERPLEXITY,
    iterations: int = embed.ITERATIONS,
    exaggeration: float = embed.EXAGGERATION,
    metric: str = "euclidean",
    seed: int = 0,
) -> Recipe:
    """A map of pictures; its previews are the map as it settles.

    Gives positions and start, and moved where it starts from another map. The record has
    trustworthiness, continuity, purity and purity_of_features (None without labels) among so many
    neighbours, the perplexity used, and seconds.

    Args:
        features: A recipe that gives features, one row a picture.
        start: "axes", "chance", or the recipe of a map of the same pictures, which this one starts
            from and is laid over.
        labelled: Reference of the set, whose labels tell how pure the map is.
        perplexity: As `embed.tsne` has it, as the rest.
        iterations: In all.
        exaggeration: In the first third.
        metric: One of `embed.METRICS`.
        seed: Of what is left to chance.
    """
    begin: dict[str, Option] = {"start": start} if isinstance(start, str) else {}
    from_map = [start] if isinstance(start, Recipe) else []
    return _recipe(
        EMBEDDING, features, *from_map, *_named(labelled), method=TSNE, seed=seed, metric=metric,
        perplexity=float(perplexity), iterations=iterations, exaggeration=float(exaggeration),
        **begin,
    )  # fmt: skip


def through_recipes(features: Sequence[Recipe], labelled: str = "", **asked: Any) -> list[Recipe]:
    """Maps of the same pictures at each stage, each starting from the one before.

    Args:
        features: Recipes that give features, in the order of computing.
        labelled: Reference of the set.
        **asked: Options of `tsne_recipe`.
    """
    maps: list[Recipe] = []
    for one in features:
        maps.append(tsne_recipe(one, maps[-1] if maps else embed.AXES, labelled, **asked))
    return maps


def overlay_recipe(drawn: Recipe, onto: Recipe) -> Recipe:
    """A map laid over another of the same pictures.

    Gives positions, how far each point moved (`embed.Overlay`), and kept, the share of its
    neighbours that are its neighbours there too.
    """
    return _recipe(OVERLAY, drawn, onto)


def second_seed_recipe(drawn: Recipe, start: str = embed.CHANCE) -> Recipe:
    """The map made anew from another seed, laid over the first, as `overlay_recipe` has it.

    Args:
        drawn: The map.
        start: "chance", which shows how much of it is down to the start: neighbours stay, and
            where a group lies does not. From the "axes" hardly anything is left to the seed.
    """
    inputs = [one for one in drawn.inputs
              if isinstance(one, str) or one.task != EMBEDDING.name]  # fmt: skip
    asked = options(**{**dict(drawn.options), "start": start})
    return overlay_recipe(
        replace(drawn, inputs=tuple(inputs), options=asked, seed=drawn.seed + 1), drawn
    )


def place_recipe(features: Recipe, drawn: Recipe, new: Recipe) -> Recipe:
    """Where new pictures lie on a map whose own stay where they are.

    Args:
        features: Of the pictures on the map.
        drawn: The map.
        new: Recipe that gives the new pictures' features at the same layer.
    """
    metric = str(dict(drawn.options)[METRIC])
    return _recipe(PLACE, features, drawn, new, metric=metric)


def purity_recipe(features: Recipe, labelled: str, metric: str = "euclidean") -> Recipe:
    """How far the neighbours of a picture, by features, are of its class; in the record.

    Args:
        features: A recipe that gives features, one row a picture.
        labelled: Reference of the set, which has the labels.
        metric: One of `embed.METRICS`.
    """
    return _recipe(PURITY, features, labelled, metric=metric)


def _named(labelled: str) -> tuple[str, ...]:
    return (labelled,) if labelled else ()


def _recipe(
    task: Task, *inputs: str | Recipe, method: str = "", seed: int = 0, **asked: Option
) -> Recipe:
    return Recipe(
        task.name, task.version, inputs=inputs, method=method, options=options(**asked), seed=seed
    )
