"""The recipes that maps of pictures need, and asking for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.pictures import Picture
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.map_overlay import MapOverlay
from core.workbench.tasks.map_placement import map_placement_recipe
from core.workbench.tasks.picture_map import PictureMap, second_seed_recipe
from core.workbench.tasks.top_predictions import TopClasses, top_predictions_recipe
from core.zoo import Card
from pages.parts.maps.map_options import TSNE, MapOptions
from pages.parts.maps.prefetch_features import prefetch_features
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench


@dataclass(frozen=True)
class PictureRecipes:
    """What the page needs of each network, by name.

    Attributes:
        features: Features of the pictures; not shown by the page.
        quick: The PCA maps.
        maps: The maps.
        predictions: The top classes, for networks that have classes.
        again: The maps from another seed; empty where not asked for.
        placed: The places of the sidebar's picture; empty where not asked for.
    """

    features: Mapping[str, Recipe[np.ndarray]]
    quick: Mapping[str, Recipe[PictureMap]]
    maps: Mapping[str, Recipe[PictureMap]]
    predictions: Mapping[str, Recipe[TopClasses]]
    again: Mapping[str, Recipe[MapOverlay]]
    placed: Mapping[str, Recipe[np.ndarray]]

    def ask(self, results: Results) -> None:
        """Ask for all that the page shows; each network's layers are read in one pass."""
        first: list[Recipe[Any]] = [
            *self.quick.values(), *self.predictions.values(), *self.maps.values(),
        ]  # fmt: skip
        logits = [needed for recipe in self.predictions.values() for needed in recipe.input_recipes]
        prefetch_features(first, [*self.features.values(), *logits])
        wanted = [*first, *self.again.values(), *self.placed.values()]
        results.ask(wanted)
        results.show_errors(wanted)


def picture_recipes(
    models: Mapping[str, Card],
    layers: Mapping[str, str],
    pictures: PictureSet,
    options: MapOptions,
    again: bool,
    picture: Picture | None,
) -> PictureRecipes:
    """Return the recipes of the maps of a picture set.

    Args:
        models: The networks by name.
        layers: The layer of each.
        pictures: The pictures.
        options: The options of the maps.
        again: Whether to make t-SNE maps from another seed, too.
        picture: A picture to place on t-SNE maps; None for none.
    """
    reference = pictures.reference
    features = {
        name: features_recipe(card, reference, layers[name]) for name, card in models.items()
    }
    maps = options.recipes(features, reference)
    predictions = {
        name: top_predictions_recipe(card, reference)
        for name, card in models.items()
        if card.labels
    }
    second, placed = {}, {}
    if options.kind == TSNE and again:
        second = {name: second_seed_recipe(recipe) for name, recipe in maps.items()}
    if options.kind == TSNE and picture is not None:
        single = workbench().sets.single_pictures([picture.reference]).reference
        new = {name: features_recipe(models[name], single, layers[name]) for name in maps}
        placed = {
            name: map_placement_recipe(features[name], recipe, new[name])
            for name, recipe in maps.items()
        }
    quick = options.pca_recipes(features, reference)
    return PictureRecipes(features, quick, maps, predictions, second, placed)
