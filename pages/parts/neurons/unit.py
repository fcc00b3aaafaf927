"""A unit under the microscope, and the views of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.layer_info import LayerInfo
from core.layers import LOGITS
from core.pictures import Picture
from core.workbench.recipes import Recipe
from core.zoo import Card
from pages.parts.shared.results import Results

CHOOSE_PICTURE = "Choose a picture in the sidebar."
# Characters that do not belong in a file's name.
UNSAFE = re.compile(r"[^\w.]+")


@dataclass(frozen=True)
class Unit:
    """A channel of a layer, or a class.

    Attributes:
        card: The network's card.
        layer: Its layer.
        index: Its index in the layer.
        receptive_fields: Receptive fields of the network's main layers, in input pixels.
        before: The main layer before this one; None where there is none.
        after: The main layer after it; for the last one the layer of the classes' scores, and None
            where the network has no classes.
        picture: The chosen picture; None where the server does not have it.
    """

    card: Card
    layer: LayerInfo
    index: int
    receptive_fields: Mapping[str, float]
    before: LayerInfo | None
    after: LayerInfo | None
    picture: Picture | None

    @property
    def is_class(self) -> bool:
        """Whether it is a class and not a channel."""
        return self.layer.name == LOGITS

    @property
    def title(self) -> str:
        """A name to show: for a class its label."""
        if self.is_class:
            return self.card.labels[self.index]
        return f"{self.layer.name}, channel {self.index}"

    @property
    def file_stem(self) -> str:
        """A file's name without its ending: network, layer and channel, or the class."""
        label = f"-{self.card.labels[self.index]}" if self.is_class else ""
        kind = "class" if self.is_class else f"{self.layer.name}-channel"
        return UNSAFE.sub("-", f"{self.card.title}-{kind}-{self.index}{label}").strip("-")


# The recipes that a view needs, and a function that shows them once all results are there.
Needs = list[Recipe[Any]]
Show = Callable[[Unit, Results], None]


@dataclass(frozen=True)
class UnitView:
    """A view of a unit.

    Attributes:
        explanation: One line on what is shown.
        needs: Returns the recipes that the view shows; it may show pickers of its own.
        show: Shows the view, once all results are there.
        fits: Whether the view exists for a unit.
        rare: Whether the view is shown to experts only.
    """

    explanation: str
    needs: Callable[[Unit], Needs]
    show: Show
    fits: Callable[[Unit], bool] = lambda unit: not unit.is_class
    rare: bool = False
