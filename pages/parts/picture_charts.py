"""Maps of pictures as charts, two in a row, linked by what is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import figures
from core.engine import Answer
from core.recipes import Recipe, Result
from core.sets import PictureSet
from core.zoo import Card
from pages.parts import map_files, map_trust, selection, tiles, work
from pages.parts.colouring import Colouring
from pages.parts.text import plain

# Where the URL holds the numbers of the chosen pictures.
FIELD = "chosen"


@dataclass(frozen=True)
class Looks:
    """How all maps of the page look.

    Attributes:
        colours: Of the points.
        marked: Points that stand out.
        pictures: Small pictures stand on the map.
        mouse: What a mouse does (`selection.mouse`).
    """

    colours: Colouring
    marked: Sequence[int]
    pictures: bool
    mouse: str


@dataclass(frozen=True)
class Chart:
    """A network's map, as far as it is there.

    Attributes:
        card: The network's.
        recipe: Of the map.
        answer: The map that is asked for.
        first: The quick one.
        again: The map from another seed, laid over it; None where not there or not asked for.
        added: Where new pictures lie; None as before.
    """

    card: Card
    recipe: Recipe
    answer: Answer
    first: Answer
    again: Result | None
    added: Result | None

    def now(self) -> tuple[np.ndarray | None, str]:
        """The best map that there is by now, and what to say of it."""
        if self.answer.result:
            return self.answer.result.arrays["positions"], ""
        progress = self.answer.progress
        if progress and progress.preview is not None:
            return progress.preview, f"Settling: {progress.step} of {progress.total} iterations."
        if self.first.result:
            return self.first.result.arrays["positions"], "PCA, until t-SNE begins."
        return None, ""


def show(charts: Sequence[Chart], chosen: PictureSet, looks: Looks) -> bool:
    """The maps; tells whether all small pictures are there that stand on them."""
    whole = True
    for start in range(0, len(charts), 2):
        row = charts[start : start + 2]
        for index, (place, chart) in enumerate(
            zip(st.columns(len(row), gap="medium"), row, strict=True), start + 1
        ):
            with place:
                number = f"{index}: " if len(charts) > 1 else ""
                st.markdown(f"{number}**{plain(chart.card.title)}**")
                whole &= _show(chart, chosen, looks)
    return whole


def _show(chart: Chart, chosen: PictureSet, looks: Looks) -> bool:
    positions, note = chart.now()
    if positions is None:
        if not chart.answer.error:
            work.waiting(figures.HEIGHT)
        return True
    pictures, whole = None, True
    if looks.pictures:
        pictures, whole = tiles.of(chosen, figures.spread_out(positions).tolist())
    colours, title = looks.colours, chart.card.title
    figure = figures.point_map(
        positions, colours.colours.get(chart.card.name), map_files.names(chosen),
        set(looks.marked), pictures, chart.added.arrays["positions"] if chart.added else None,
        colours.by, colours.kinds,
    )  # fmt: skip
    figure.update_layout(showlegend=False)  # one for all maps
    alt = f"Map of {len(chosen)} pictures as {title} finds them alike, coloured by {colours.by}"
    selection.chart(figure, f"_map_{chart.card.name}", FIELD, alt, looks.mouse)
    map_trust.show(chart.recipe, chart.answer.result, chart.again, note)
    return whole
