"""A unit under the microscope, and the sides it can be looked at from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.anatomy import Organ
from core.pictures import Picture
from core.recipes import Recipe, Result
from core.visualize import LOGITS
from core.zoo import Card

Needs = dict[str, Recipe]
Results = Mapping[str, Result]


@dataclass(frozen=True)
class Slide:
    """A unit, and where it is.

    Attributes:
        card: Its model.
        organ: Its layer.
        unit: Its number.
        fields: Receptive fields of the model's main layers, in input pixels.
        before: The main layer before this one, or None.
        after: The main layer after it, or None.
        picture: The chosen picture, or None where it is gone.
    """

    card: Card
    organ: Organ
    unit: int
    fields: Mapping[str, float]
    before: Organ | None
    after: Organ | None
    picture: Picture | None

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.organ.name

    @property
    def title(self) -> str:
        """Its name: of a class its label."""
        if self.layer == LOGITS:
            return self.card.labels[self.unit]
        return f"{self.layer}, channel {self.unit}"


@dataclass(frozen=True)
class Section:
    """A side to look at a unit from.

    Attributes:
        needs: The recipes for it, by what they are for.
        show: Shows it, once all are there.
        fits: Whether this unit has such a side.
    """

    needs: Callable[[Slide], Needs]
    show: Callable[[Slide, Results], None]
    fits: Callable[[Slide], bool] = lambda slide: slide.layer != LOGITS
