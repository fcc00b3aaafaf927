"""A heat map whose cells can be clicked, or chosen by row and column."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import figures
from pages.parts.shared.linked import Linked


def pick_cell(
    figure: go.Figure,
    table: pd.DataFrame,
    linked: Linked,
    names: tuple[str, str],
    titles: tuple[str, str],
    alt: str,
) -> tuple[str, str] | None:
    """Show a heat map and return the names of the chosen cell's row and column.

    Args:
        figure: A figure with clickable cells (`core.figures.comparisons`); the chosen cell gets a
            frame.
        table: The table that it shows.
        linked: The page's linked widgets.
        names: Names of the two widgets, for row and column.
        titles: Their labels.
        alt: Describes the heat map.

    Returns:
        Names of row and column; None until a cell is chosen.
    """
    options = [[str(name) for name in index] for index in (table.index, table.columns)]
    above, places = st.container(), st.columns(2)
    chosen = []
    for place, name, title, names_of_axis in zip(places, names, titles, options, strict=True):
        with place:
            picked = linked.select_or_none(
                title, names_of_axis, name, placeholder="Click a cell, or choose"
            )
        chosen.append(picked)
    row, column = chosen
    if row is not None and column is not None:
        figures.mark_cell(figure, options[0].index(row), options[1].index(column))
    chart = f"_cells_{linked.key(names[0])}"
    above.plotly_chart(
        figure, key=chart, on_select=partial(_choose_clicked, chart, linked, names, options),
        selection_mode="points", config={"displayModeBar": False}, alt=alt,
    )  # fmt: skip
    return None if row is None or column is None else (row, column)


def _choose_clicked(
    chart: str, linked: Linked, names: tuple[str, str], options: Sequence[Sequence[str]]
) -> None:
    points = st.session_state[chart].selection.points
    if points:
        linked.set(names[0], options[0][int(points[0]["y"])])
        linked.set(names[1], options[1][int(points[0]["x"])])
