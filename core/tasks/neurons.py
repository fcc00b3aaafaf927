"""Maps of neurons, of several layers and networks, and what their clusters are."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, cast

from core import embed
from core.embed import Kind
from core.recipes import Input, Recipe, Result, Task, options
from core.steps import Steps, mapped
from core.tasks.embeddings import alone
from core.tasks.units import PARTS, RESPONSES, parts_of, responses_of
from core.zoo import Model


def _steps(
    m: Model | None, recipes: Sequence[Recipe], inputs: Sequence[Sequence[Input]]
) -> Steps[list[Result]]:
    (recipe,), (given,) = recipes, inputs
    pairs = list(zip(cast(Sequence[Recipe], recipe.inputs), given, strict=True))
    seen = {_place(one): responses_of(cast(Result, got)) for one, got in pairs
            if one.task == RESPONSES.name}  # fmt: skip
    parts = {_place(one): parts_of(cast(Result, got)) for one, got in pairs
             if one.task == PARTS.name}  # fmt: skip
    units = embed.unit_points(list(seen.values()))
    asked: dict[str, Any] = dict(recipe.options)
    made = embed.tsne_steps(units.features, seed=recipe.seed, **asked)
    positions = yield from mapped(made, alone)
    clusters = embed.clustered(positions)
    networks = [network for network, _ in seen]
    found = embed.kinds(units, clusters, networks, [parts.get(place) for place in seen])
    judged = embed.trustworthiness_steps(units.features, positions)
    trust = yield from mapped(judged, lambda one: replace(one, preview=[positions]))
    arrays = {"positions": positions, "layer": units.layer, "unit": units.unit,
              "dead": units.dead, "cluster": clusters}  # fmt: skip
    record = {
        "layers": [list(place) for place in seen],
        "kinds": [asdict(kind) for kind in found],
        "trustworthiness": trust,
        "neighbours": embed.NEIGHBOURS,
        "perplexity": embed.perplexity_for(len(positions), asked["perplexity"]),
    }
    return [Result(arrays, record)]


def _place(recipe: Recipe) -> tuple[str, str]:
    return recipe.model, recipe.layer


NEURONS = Task("neurons", version=3, steps=_steps, cost=4.0, batch=1)


def neurons_recipe(
    responses: Sequence[Recipe],
    parts: Sequence[Recipe] = (),
    perplexity: float = embed.PERPLEXITY,
    iterations: int = embed.ITERATIONS,
    seed: int = 0,
) -> Recipe:
    """A map of the units of some layers; its previews are the map as it settles.

    Gives positions, layer, unit, cluster (-1: none) and dead (layer and unit); the record has
    layers (network and name of each), trustworthiness among so many neighbours, the perplexity
    used, and what `kinds_of` reads.

    Args:
        responses: Recipes of responses to the same pictures, one a layer (`responses_recipe`).
        parts: Recipes of parts of the same layers, for names (`parts_recipe`).
        perplexity: As `embed.tsne` has it.
        iterations: In all.
        seed: Of what is left to chance.
    """
    return Recipe(
        NEURONS.name, NEURONS.version, inputs=(*responses, *parts), seed=seed,
        options=options(perplexity=float(perplexity), iterations=iterations),
    )  # fmt: skip


def kinds_of(result: Result) -> list[Kind]:
    """What the clusters of such a map are, by their numbers."""
    return [
        Kind(**{**facts, "points": tuple(facts["points"]), "pictures": tuple(facts["pictures"])})
        for facts in result.record["kinds"]
    ]
