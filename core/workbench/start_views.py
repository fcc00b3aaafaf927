"""The recipes of what Saliency, Trust and Maps show first.

The pages and the shipped results both take them from here, so that what a first visit opens from
the Overview is there at once. See also `core.workbench.overview`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from core import embed
from core.workbench.recipes import Recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.picture_map import PictureMap, pca_recipe, tsne_recipe
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.workbench.tasks.top_predictions import top_predictions_recipe
from core.zoo import Card

# Methods that are chosen at first on Saliency: one of each kind, all fast.
SALIENCY_METHODS = (
    "grad_cam", "stage_cam", "layer_cam", "gradient", "smooth_grad", "integrated_gradients",
)  # fmt: skip
# Methods that are chosen at first on Trust.
TRUST_METHODS = (
    "grad_cam", "stage_cam", "layer_cam", "gradient", "smooth_grad", "guided_backprop",
)  # fmt: skip


def saliency_recipes(card: Card, picture: str) -> Iterator[Recipe[Any]]:
    """Yield the maps of a picture on Saliency and Trust, and the scores of those on Trust.

    Args:
        card: The network's card.
        picture: The picture's id.
    """
    for method in dict.fromkeys((*SALIENCY_METHODS, *TRUST_METHODS)):
        saliency_map = saliency_map_recipe(card, picture, method)
        yield saliency_map
        if method in TRUST_METHODS:
            yield saliency_scores_recipe(card, picture, saliency_map)


def map_recipes(layers: Sequence[tuple[Card, str]], pictures: str) -> Iterator[Recipe[Any]]:
    """Yield what Maps shows of a picture set: a t-SNE map for each network, and what it needs.

    Args:
        layers: The networks' cards, each with the last layer before the classes.
        pictures: Reference of the set.
    """
    first: Recipe[PictureMap] | None = None
    for card, layer in layers:
        features = features_recipe(card, pictures, layer)
        yield pca_recipe(features, pictures)
        yield top_predictions_recipe(card, pictures)
        # Further maps start from the first one, so that they can be compared.
        aligned = tsne_recipe(features, first or embed.AXES, pictures)
        first = first or aligned
        yield aligned
