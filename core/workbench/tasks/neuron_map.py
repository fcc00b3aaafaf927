"""A map of the units of several layers and networks, and the groups that they form."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core import embed
from core.dissect import PartScores, Responses
from core.embed import NeuronGroup
from core.steps import Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, preview_of_only_recipe


@dataclass(frozen=True)
class NeuronMap:
    """Positions of units on a map.

    Attributes:
        positions: Positions of the units, (n, 2).
        layer: Index of each unit's layer among the layers of the map, (n,).
        unit: Index of each unit in its layer, (n,).
        cluster: Index of each unit's group; -1 for units in no group, (n,).
        dead: Layer and index of the units with the same response to all pictures, (m, 2).
        groups: The groups.
        trustworthiness: Trustworthiness of the map, 0 to 1.
        perplexity: The perplexity that was used.
    """

    positions: np.ndarray
    layer: np.ndarray
    unit: np.ndarray
    cluster: np.ndarray
    dead: np.ndarray
    groups: Sequence[NeuronGroup]
    trustworthiness: float
    perplexity: float


def neuron_map_recipe(
    responses: Sequence[Recipe[Responses]],
    part_scores: Sequence[Recipe[PartScores]] = (),
    perplexity: float = embed.PERPLEXITY,
    iterations: int = embed.ITERATIONS,
    seed: int = 0,
) -> Recipe[NeuronMap]:
    """Recipe of a map of the units of some layers; its previews are the positions so far.

    Args:
        responses: Responses to the same pictures, one recipe for each layer.
        part_scores: Part scores of some of the layers, which name the groups.
        perplexity: Perplexity, as in `embed.tsne`.
        iterations: Number of iterations.
        seed: Seed of all random numbers.
    """
    return NEURON_MAP.recipe(
        inputs=[*responses, *part_scores], seed=seed, perplexity=float(perplexity),
        iterations=iterations,
    )  # fmt: skip


def _compute(call: Call) -> Steps[list[StoredResult]]:
    (recipe,) = call.recipes
    pairs = list(zip(recipe.input_recipes, call.inputs[0], strict=True))
    responses = {
        _layer_of(recipe): value for recipe, value in pairs if isinstance(value, Responses)
    }
    scores = {_layer_of(recipe): value for recipe, value in pairs if isinstance(value, PartScores)}
    units = embed.unit_points(list(responses.values()))
    options: dict[str, Any] = dict(recipe.options)
    steps = embed.tsne_steps(units.features, seed=recipe.seed, **options)
    positions = yield from map_progress(steps, preview_of_only_recipe)
    clusters = embed.find_clusters(positions)
    networks = [network for network, _ in responses]
    part_scores = [scores.get(layer) for layer in responses]
    groups = embed.neuron_groups(units, clusters, networks, part_scores)
    measuring = embed.trustworthiness_steps(units.features, positions)
    trust = yield from map_progress(
        measuring, lambda progress: replace(progress, preview=[positions])
    )
    arrays = {"positions": positions, "layer": units.layer, "unit": units.unit,
              "dead": units.dead, "cluster": clusters}  # fmt: skip
    record = {
        "groups": [asdict(group) for group in groups],
        "trustworthiness": trust,
        "perplexity": embed.feasible_perplexity(len(positions), options["perplexity"]),
    }
    return [StoredResult(arrays, record)]


def _layer_of(recipe: Recipe[Any]) -> tuple[str, str]:
    return recipe.model, recipe.layer


def _read(stored: StoredResult) -> NeuronMap:
    groups = [
        NeuronGroup(
            **{**group, "points": tuple(group["points"]), "pictures": tuple(group["pictures"])}
        )
        for group in stored.record["groups"]
    ]
    trust, perplexity = stored.record["trustworthiness"], stored.record["perplexity"]
    return NeuronMap(**stored.arrays, groups=groups, trustworthiness=trust, perplexity=perplexity)


NEURON_MAP = Task("neuron map", version=3, compute=_compute, read=_read, cost=4.0, batch=1)
