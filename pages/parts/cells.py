"""A heat map on a page: a cell of it is clicked, or chosen by its row and its column."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import figures
from pages.parts.session import held


def choose(
    figure: go.Figure, table: pd.DataFrame, keys: Sequence[str], titles: Sequence[str], alt: str
) -> tuple[str, str] | None:
    """Show a heat map and let a cell of it be chosen; the URL keeps it.

    Args:
        figure: One whose cells can be clicked (`core.figures.comparisons`); gets a frame about the
            cell.
        table: What it shows.
        keys: Of row and column, in the URL.
        titles: Of row and column.
        alt: What is seen.

    Returns:
        Names of its row and its column; None where none is chosen.
    """
    names = [[str(name) for name in index] for index in (table.index, table.columns)]
    above, places = st.container(), st.columns(2)
    chosen = [
        _choose_one(place, key, title, own)
        for place, key, title, own in zip(places, keys, titles, names, strict=True)
    ]
    row, column = chosen
    if row is not None and column is not None:
        figures.mark_cell(figure, names[0].index(row), names[1].index(column))
    chart = f"_cells_{keys[0]}"
    above.plotly_chart(
        figure, key=chart, on_select=partial(_take, chart, keys, names), selection_mode="points",
        config={"displayModeBar": False}, alt=alt,
    )  # fmt: skip
    return None if row is None or column is None else (row, column)


def _choose_one(place: DeltaGenerator, key: str, title: str, names: Sequence[str]) -> str | None:
    if held(key) not in names:
        st.session_state[key] = None
    with place:
        chosen = st.selectbox(
            title, names, index=None, key=key, bind="query-params",
            placeholder="Click a cell, or choose",
        )  # fmt: skip
    return chosen if chosen in names else None


def _take(chart: str, keys: Sequence[str], names: Sequence[Sequence[str]]) -> None:
    """Choose the cell that was clicked."""
    points = st.session_state[chart].selection.points
    if points:
        row, column = int(points[0]["y"]), int(points[0]["x"])
        st.session_state[keys[0]], st.session_state[keys[1]] = names[0][row], names[1][column]
