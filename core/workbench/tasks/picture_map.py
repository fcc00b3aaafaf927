"""A map of pictures by t-SNE or PCA of their features, and measures of its quality."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import embed
from core.steps import Progress, Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, preview_of_only_recipe
from core.workbench.tasks.map_overlay import MapOverlay, map_overlay_recipe

PCA, TSNE = "pca", "tsne"


@dataclass(frozen=True)
class PictureMap:
    """Positions of pictures on a map.

    Attributes:
        positions: Positions of the pictures, (n, 2).
        trustworthiness: Trustworthiness of the map (Venna and Kaski 2001), 0 to 1.
        continuity: Continuity of the map (same paper), 0 to 1.
        purity: Mean share of a picture's neighbours on the map that have its class; None without
            labels.
        purity_of_features: The same for the neighbours by features.
        neighbours: Number of neighbours in these measures.
        perplexity: The perplexity that was used; None for PCA.
    """

    positions: np.ndarray
    trustworthiness: float
    continuity: float
    purity: float | None
    purity_of_features: float | None
    neighbours: int
    perplexity: float | None


def pca_recipe(
    features: Recipe[np.ndarray], labelled: str = "", metric: str = "euclidean"
) -> Recipe[PictureMap]:
    """Recipe of a map of the first two principal components of the features.

    Args:
        features: The features.
        labelled: Reference of the set whose labels determine the purity; empty for no labels.
        metric: One of `embed.METRICS`.
    """
    return PICTURE_MAP.recipe(inputs=_inputs(features, None, labelled), method=PCA, metric=metric)


def tsne_recipe(
    features: Recipe[np.ndarray],
    start: Recipe[PictureMap] | str = embed.AXES,
    labelled: str = "",
    perplexity: float = embed.PERPLEXITY,
    iterations: int = embed.ITERATIONS,
    exaggeration: float = embed.EXAGGERATION,
    metric: str = "euclidean",
    seed: int = 0,
) -> Recipe[PictureMap]:
    """Recipe of a t-SNE map; its previews are the positions so far.

    Args:
        features: The features.
        start: "axes", "chance", or a map of the same pictures, from which the map starts and onto
            which it is rotated.
        labelled: Reference of the set whose labels determine the purity; empty for no labels.
        perplexity: Perplexity, as in `embed.tsne`.
        iterations: Number of iterations.
        exaggeration: Early exaggeration, in the first third of the iterations.
        metric: One of `embed.METRICS`.
        seed: Seed of all random numbers.
    """
    start_map = start if isinstance(start, Recipe) else None
    start_option: dict[str, Any] = {"start": start} if isinstance(start, str) else {}
    return PICTURE_MAP.recipe(
        inputs=_inputs(features, start_map, labelled), method=TSNE, seed=seed, metric=metric,
        perplexity=float(perplexity), iterations=iterations, exaggeration=float(exaggeration),
        **start_option,
    )  # fmt: skip


def staged_recipes(
    features: Sequence[Recipe[np.ndarray]], labelled: str = "", **options: Any
) -> list[Recipe[PictureMap]]:
    """Recipes of a map for each layer, which starts from the map of the layer before.

    Args:
        features: The features of each layer, in the order of computation.
        labelled: Reference of the set whose labels determine the purity; empty for no labels.
        **options: Options of `tsne_recipe`.
    """
    maps: list[Recipe[PictureMap]] = []
    for layer_features in features:
        start = maps[-1] if maps else embed.AXES
        maps.append(tsne_recipe(layer_features, start, labelled, **options))
    return maps


def second_seed_recipe(
    picture_map: Recipe[PictureMap], start: str = embed.CHANCE
) -> Recipe[MapOverlay]:
    """Recipe of the same map with the next seed, aligned to the map.

    Args:
        picture_map: The map.
        start: "chance" shows how much depends on the start: neighbours stay the same, while groups
            move. With "axes", the seed changes hardly anything.
    """
    inputs = tuple(
        item for item in picture_map.inputs
        if isinstance(item, str) or item.task != PICTURE_MAP.name
    )  # fmt: skip
    options = tuple(sorted({**dict(picture_map.options), "start": start}.items()))
    second_map = replace(picture_map, inputs=inputs, options=options, seed=picture_map.seed + 1)
    return map_overlay_recipe(second_map, picture_map)


def _inputs(
    features: Recipe[np.ndarray], start: Recipe[PictureMap] | None, labelled: str
) -> list[str | Recipe[Any]]:
    inputs: list[str | Recipe[Any]] = [features]
    return inputs + ([start] if start else []) + ([labelled] if labelled else [])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    """Compute a map, which may start from another map, and measure its quality."""
    (recipe,) = call.recipes
    features, *_ = call.inputs_of(0, np.ndarray)
    start_maps = call.inputs_of(0, PictureMap)
    started_at = time.perf_counter()
    steps = _map_steps(recipe, features, start_maps[0].positions if start_maps else None)
    arrays = yield from map_progress(steps, preview_of_only_recipe)
    seconds = time.perf_counter() - started_at
    positions, metric = arrays["positions"], recipe.option("metric", str)
    measures = _quality_steps(features, positions, metric, call.labels(0))
    record = yield from map_progress(
        measures, lambda progress: replace(progress, preview=[positions])
    )
    record["perplexity"] = None
    if recipe.method == TSNE:
        record["perplexity"] = embed.feasible_perplexity(
            len(features), recipe.option("perplexity", float)
        )
    return [StoredResult(arrays, record | {"seconds": seconds})]


def _map_steps(
    recipe: Recipe[Any], features: np.ndarray, start: np.ndarray | None
) -> Steps[dict[str, np.ndarray]]:
    options: dict[str, Any] = dict(recipe.options)
    if recipe.method == PCA:
        yield Progress(0, 1)
        axes = embed.pca(features, **options)
        return {"positions": axes.positions, "explained": axes.explained}
    if start is not None:
        aligned = yield from embed.aligned_tsne_steps(features, start, seed=recipe.seed, **options)
        return {"positions": aligned.positions, "start": start, "moved": aligned.moved}
    positions = yield from embed.tsne_steps(features, seed=recipe.seed, **options)
    axes = embed.pca(features, metric=options["metric"])
    return {"positions": positions, "start": axes.positions}


def _quality_steps(
    features: np.ndarray, positions: np.ndarray, metric: str, labels: Sequence[str]
) -> Steps[dict[str, Any]]:
    trust = yield from embed.trustworthiness_steps(features, positions, metric=metric)
    continuity = yield from embed.continuity_steps(features, positions, metric=metric)
    purity = yield from embed.purity_steps(positions, labels)
    purity_of_features = yield from embed.purity_steps(features, labels, metric=metric)
    return {
        "neighbours": embed.NEIGHBOURS, "trustworthiness": trust, "continuity": continuity,
        "purity": purity, "purity_of_features": purity_of_features,
    }  # fmt: skip


def _read(stored: StoredResult) -> PictureMap:
    record = stored.record
    return PictureMap(
        positions=stored.arrays["positions"],
        trustworthiness=record["trustworthiness"],
        continuity=record["continuity"],
        purity=record["purity"],
        purity_of_features=record["purity_of_features"],
        neighbours=record["neighbours"],
        perplexity=record["perplexity"],
    )


PICTURE_MAP = Task("picture map", version=2, compute=_compute, read=_read, cost=4.0, batch=1)
