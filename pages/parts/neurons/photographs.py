"""The photographs at hand: those of the gallery, and the visitor's own."""

from core.dissect import Responses
from core.gallery_photos import PHOTOS
from core.pictures import Picture, PictureForgotten
from core.workbench.recipes import Recipe
from core.workbench.tasks.responses import responses_recipe
from pages.parts.neurons.unit import Unit
from pages.parts.shared import picture_sources
from pages.parts.shared.session import workbench


def pictures() -> list[Picture]:
    """Return the gallery's photographs, and the visitor's own that the server still has."""
    found = []
    for reference in [*(f"photo:{name}" for name in PHOTOS), *picture_sources.uploads()]:
        try:
            found.append(workbench().pictures.find(reference))
        except PictureForgotten:
            continue  # deleted in another window of the visitor, or evicted
    return found


def recipe(unit: Unit) -> Recipe[Responses]:
    """Return the recipe of the responses of the unit's layer to these photographs."""
    return responses_recipe(unit.card, unit.layer.name, [picture.id for picture in pictures()])
