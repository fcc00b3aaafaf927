"""One network's saliency map minus another network's, where both see the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from core import heatmap, images
from core.heatmap import Scale
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from pages.parts.saliency.cell import Cell, Cells
from pages.parts.saliency.class_picker import Target
from pages.parts.shared import downloads
from pages.parts.shared.class_names import class_indices
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.renamed_options import accept_old_options

LINKED = Linked("saliency")
NONE = "none"
# The scale of every difference: each map is divided by its strongest value.
SCALE = Scale(1.0, signed=True)


def pick_other(cell: Cell, cells: Cells) -> Cell | None:
    """Show a picker of another network whose map is subtracted; return None where none is."""
    others = {
        other.card.name: other
        for other in cells.values()
        if other.method.key == cell.method.key and other.card.name != cell.card.name
    }
    if not others:
        return None
    accept_old_options(LINKED, "minus", {"nothing": NONE})
    name = LINKED.select(
        "Subtract the map of", [NONE, *others], "minus",
        help="Shows where two networks differ. Each map is divided by its strongest value first.",
    )  # fmt: skip
    return others.get(name)


def other_recipe(
    cell: Cell, target: Target, other: Cell, recipe: Recipe[SaliencyMap]
) -> Recipe[SaliencyMap] | str:
    """Return the recipe of the other network's map of the same classes, or why there is none.

    Classes are matched by name, since networks have other classes, or the same in another order.

    Args:
        cell: The network whose map is shown.
        target: What is explained for it.
        other: The network whose map is subtracted.
        recipe: The recipe of the map that is shown; its options are used for both.
    """
    indices = class_indices(other.card)
    names = list(class_indices(cell.card))
    matched: list[int | None] = []
    for index in (target.class_index, target.against):
        if index is not None and names[index] not in indices:
            return f"{other.card.title} does not know the class {names[index]}."
        matched.append(None if index is None else indices[names[index]])
    class_index, against = matched
    own = saliency_map_recipe(
        other.card, other.picture.id, other.method.key, class_index, against,
        precision=recipe.precision,
    )  # fmt: skip
    options = {**dict(recipe.options), **{name: value for name, value in own.options
                                          if name in ("class", "against")}}  # fmt: skip
    return replace(own, options=tuple(sorted(options.items())))


@dataclass(frozen=True)
class Difference:
    """One network's saliency map minus another's, where both see the picture.

    Attributes:
        values: The difference of the maps, each divided by its strongest value, (h, w), -1 to 1.
        background: This part of the picture, (w, h).
    """

    values: np.ndarray
    background: Image.Image

    def figure(self, opacity: float) -> go.Figure:
        """Return the difference over the picture, with its scale."""
        return heatmap.figure(self.background, self.values, SCALE, opacity)

    def picture(self, opacity: float, side: int) -> Image.Image:
        """Return the difference over the picture, whose longer side has this many pixels."""
        factor = side / max(self.background.size)
        width, height = self.background.size
        size = round(width * factor), round(height * factor)
        large = self.background.resize(size, Image.Resampling.BICUBIC)
        return heatmap.overlay(large, self.values, SCALE, opacity)


def subtract(cell: Cell, own: SaliencyMap, other: Cell, subtracted: SaliencyMap) -> Difference:
    """Return the difference of two maps over the part of the picture that both networks see."""
    whole = cell.picture.image
    boxes = [images.crop_box(each.card, whole) for each in (cell, other)]
    window = heatmap.common_box(boxes, whole.size)
    a, b = (
        heatmap.crop_map(heatmap.divide_by_peak(saliency_map.map), box, window)
        for saliency_map, box in zip((own, subtracted), boxes, strict=True)
    )
    background = whole.resize(a.shape[::-1], Image.Resampling.BILINEAR, box=window)
    return Difference(a - b, background)


def show_difference(difference: Difference, cell: Cell, other: Cell, opacity: float) -> None:
    """Show one network's map minus another's."""
    st.plotly_chart(difference.figure(opacity), alt=f"{cell.card.title} minus {other.card.title}")
    own_title, other_title = (escape_markdown(each.card.title) for each in (cell, other))
    st.caption(f"Red: more important to {own_title}; blue: more important to {other_title}.")


def offer_difference(
    difference: Difference,
    cell: Cell,
    other: Cell,
    made_of: Sequence[Recipe[SaliencyMap]],
    opacity: float,
) -> None:
    """Offer the difference as a picture, as arrays, and as the recipes of both maps."""
    stem = f"{cell.method.key}-{cell.card.architecture}-minus-{other.card.architecture}"
    with st.container(horizontal=True):
        downloads.png(lambda: difference.picture(opacity, downloads.PICTURE_SIDE), stem)
        downloads.npz({"difference": difference.values}, stem)
        downloads.array_csv(difference.values, stem)
        downloads.recipes(made_of)
