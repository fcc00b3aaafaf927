"""A network and a method on the page Saliency, with the recipe of their map."""

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from core.pictures import Picture
from core.saliency import Method
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_map import SaliencyMap
from core.zoo import Card
from pages.parts.shared.layer_picker import network_titles
from pages.parts.shared.linked import Linked
from pages.parts.shared.model_crop import model_crop

SHARED = Linked()


@dataclass(frozen=True)
class Cell:
    """A network and a method on the page.

    Attributes:
        card: The network's card.
        picture: The picture.
        method: The method.
        recipe: Recipe of the map.
    """

    card: Card
    picture: Picture
    method: Method
    recipe: Recipe[SaliencyMap]

    @property
    def signed(self) -> bool:
        """Whether the map also shows what counts against the class."""
        return self.method.signed

    @property
    def is_open(self) -> bool:
        """Whether this map is the one shown large."""
        shown = SHARED.value("model"), SHARED.value("method")
        return shown == (network_titles()[self.card.name], self.method.title)

    def open(self) -> None:
        """Show this map large, in a callback."""
        SHARED.set("model", network_titles()[self.card.name])
        SHARED.set("method", self.method.title)

    def crop(self) -> Image.Image:
        """Return the picture as the network sees it."""
        return model_crop(self.card, self.picture)


# Cells by the network's name and the method's key.
Cells = Mapping[tuple[str, str], Cell]
