"""A network on the page Overview: its recipes, and what is known of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from core import predict
from core.pictures import Picture
from core.predict import Prediction
from core.saliency import AreaTest
from core.workbench.overview import METHODS, OverviewRecipes
from core.workbench.tasks.saliency_map import SaliencyMap
from core.zoo import Card
from pages.parts.shared.model_crop import model_crop
from pages.parts.shared.results import Results

CLASSES = 5


@dataclass(frozen=True)
class Entry:
    """A network and the picture.

    Attributes:
        card: The network's card.
        title: A title that no other network on the page has.
        picture: The picture.
        recipes: What the page asks.
        results: The answers.
    """

    card: Card
    title: str
    picture: Picture
    recipes: OverviewRecipes
    results: Results

    @property
    def trained(self) -> bool:
        """Whether the network was trained."""
        return self.card.source != "untrained"

    @property
    def crop(self) -> Image.Image:
        """The picture as the network sees it."""
        return model_crop(self.card, self.picture)

    @property
    def ranking(self) -> Sequence[Prediction]:
        """The top classes, best first; empty where they are not known, or there are none."""
        logits = self.results.value(self.recipes.logits) if self.recipes.logits else None
        return predict.ranking(logits.logits, self.card.labels, CLASSES) if logits else []

    @property
    def map(self) -> SaliencyMap | None:
        """Where the network looked; None where that is not known."""
        recipe = self.recipes.maps.get(METHODS[0])
        return self.results.value(recipe) if recipe else None

    def tested_maps(self) -> dict[str, tuple[SaliencyMap, AreaTest]] | None:
        """Return the map of each method with the test of its area; None until all are known."""
        found = {}
        for method, recipe in self.recipes.maps.items():
            shown, area = (
                self.results.value(recipe), self.results.value(self.recipes.areas[method])
            )  # fmt: skip
            if shown is None or area is None:
                return None
            found[method] = shown, area
        return found or None
