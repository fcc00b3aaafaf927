"""Maps of pictures as charts, two in a row, with a common selection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import figures
from core.sets import PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.map_overlay import MapOverlay
from core.workbench.tasks.picture_map import PictureMap
from core.zoo import Card
from pages.parts.maps import selection
from pages.parts.maps.colouring import Colouring
from pages.parts.maps.map_trust import same_thing, show_trust
from pages.parts.maps.picture_names import picture_names
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results
from pages.parts.shared.thumbnail_cache import thumbnails

# Name of the text field that holds the indices of the selected pictures.
FIELD = "chosen"


@dataclass(frozen=True)
class Looks:
    """How all maps of the page look.

    Attributes:
        colouring: The colours of the points.
        marked: Indices of the points that stand out.
        with_pictures: Whether thumbnails are on the map.
        mouse: What the mouse does (`selection.pick_mouse`).
    """

    colouring: Colouring
    marked: Sequence[int]
    with_pictures: bool
    mouse: str


@dataclass(frozen=True)
class Chart:
    """The recipes of a network's map.

    Attributes:
        title: The network's title.
        card: The network's card.
        recipe: The map.
        quick: The PCA map that is shown until there is something of the map.
        again: The map from another seed, laid over it; None where it is not asked for.
        placed: The places of new pictures; None where they are not asked for.
    """

    title: str
    card: Card
    recipe: Recipe[PictureMap]
    quick: Recipe[PictureMap]
    again: Recipe[MapOverlay] | None
    placed: Recipe[np.ndarray] | None

    @property
    def heading(self) -> str:
        """The network's title with its badge; the longer title where another one has the same."""
        if self.title == self.card.title:
            return with_badge(self.card)
        return f"**{escape_markdown(self.title)}**"

    def latest(self, results: Results) -> tuple[np.ndarray | None, str]:
        """Return the best positions that there are so far, and what to say about them."""
        drawn = results.value(self.recipe)
        if drawn is not None:
            return drawn.positions, ""
        progress = results.answer(self.recipe).progress
        if progress and progress.preview is not None:
            return progress.preview, f"Iteration {progress.step} of {progress.total}."
        quick = results.value(self.quick)
        if quick is not None:
            return quick.positions, "PCA until t-SNE starts."
        return None, ""


def show_charts(
    results: Results, charts: Sequence[Chart], pictures: PictureSet, looks: Looks
) -> bool:
    """Show the maps; return whether all thumbnails that are on them were read."""
    complete = True
    for start in range(0, len(charts), 2):
        row = charts[start : start + 2]
        places = st.columns(len(row), gap="medium")
        for number, (place, chart) in enumerate(zip(places, row, strict=True), start + 1):
            with place:
                prefix = f"{number}: " if len(charts) > 1 else ""
                st.markdown(f"{prefix}{chart.heading}")
                complete &= _show_chart(results, chart, pictures, looks)
    return complete


def _show_chart(results: Results, chart: Chart, pictures: PictureSet, looks: Looks) -> bool:
    positions, note = chart.latest(results)
    if positions is None:
        results.show(chart.recipe, figures.MAP_HEIGHT)
        return True
    shown, complete = None, True
    if looks.with_pictures:
        shown, complete = thumbnails(pictures, figures.non_overlapping(positions).tolist())
    colouring, title = looks.colouring, chart.title
    placed = results.value(chart.placed) if chart.placed else None
    figure = figures.point_map(
        positions, colouring.colours.get(chart.card.name), picture_names(pictures),
        set(looks.marked), shown, placed, colouring.by, colouring.categories,
    )  # fmt: skip
    figure.update_layout(showlegend=False)  # one legend for all maps
    if not looks.with_pictures:
        own = colouring.colours.get(chart.card.name)
        figures.label_categories(figure, positions, own, colouring.categories)
    alt = f"Map of {len(pictures)} pictures by {title}, coloured by {colouring.by}"
    selection.show_map(figure, f"_map_{chart.card.name}", FIELD, alt, looks.mouse)
    again = results.value(chart.again) if chart.again else None
    show_trust(chart.recipe, results.value(chart.recipe), again, note, same_thing(pictures))
    return complete
