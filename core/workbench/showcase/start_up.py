"""What ships with the networks that a first visit opens: the Overview, and pictures of units."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from core import predict
from core.layer_info import classes_layer
from core.workbench import showcase
from core.workbench.overview import (
    depth_layers,
    overview_recipes,
    picture_recipes,
    unit_recipes,
)
from core.workbench.recipes import Recipe
from core.workbench.start_views import map_recipes, saliency_recipes
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.visualization import channel_recipe
from core.zoo import Card

# Class pictures of a network, and how many of them are the top classes of the first photograph: as
# many as a page shows at once. The others are top classes of the other photographs, in turns.
CLASSES, TOP = 60, 24

# Returns the results of recipes.
Answer = Callable[[Sequence[Recipe[Any]]], list[Any]]


def start_up_recipes(
    card: Card, photographs: Sequence[str], views: str, before: Sequence[Card], answer: Answer
) -> Iterator[Recipe[Any]]:
    """Yield the recipes of what ships with a network whose weights come with a package.

    Args:
        card: The network's card.
        photographs: The ids of the gallery's photographs; a first visit opens the first one.
        views: Reference of the set of views of the gallery's photographs.
        before: The networks that a first visit opens before this one.
        answer: Returns the results of recipes; later recipes follow from those of earlier ones.
    """
    picture = photographs[0]
    logits = [logits_recipe(card, photograph) for photograph in photographs]
    yield from logits[1:]
    overview = overview_recipes(card, picture)
    yield from chain(overview.first, overview.later)
    yield from saliency_recipes(card, picture)
    last = [(each, answer([layers_recipe(each)])[0].main[-1].name) for each in (*before, card)]
    # A map beside those of the other networks starts from the first of them.
    yield from chain(map_recipes(last, views), map_recipes(last[-1:], views))
    (layers,) = answer([overview.layers])
    by_depth, units = depth_layers(layers), unit_recipes(card, picture, layers)
    yield from units.values()
    pictures: dict[str, Recipe[Any]] = {}
    for title, layer in by_depth.items():
        (strongest,) = answer([units[title]])
        shown = (*showcase.channel_recipes(card, layer), *picture_recipes(card, layer, strongest))
        pictures |= {recipe.key: recipe for recipe in shown}
    yield from pictures.values()
    rankings = [
        [each.index for each in predict.ranking(computed.logits, card.labels, CLASSES)]
        for computed in answer(logits)
    ]
    for index in _top_classes(rankings):
        yield channel_recipe(card, classes_layer(card), index)


def _top_classes(rankings: Sequence[Sequence[int]]) -> list[int]:
    """Return the classes whose pictures ship, from the rankings of all photographs."""
    in_turns = chain.from_iterable(zip(*rankings, strict=True))
    return list(dict.fromkeys([*rankings[0][:TOP], *in_turns]))[:CLASSES]
