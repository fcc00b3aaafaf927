"""Points selected on a map: by click, lasso or box, or typed. The URL holds their indices."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from pages.parts.shared.linked import Linked
from pages.parts.shared.renamed_options import accept_old_options

LINKED = Linked("maps")
RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)
# What dragging does on a map, and Plotly's name for it. A click selects a point where dragging
# selects none. There, a swipe over the map scrolls the page.
LASSO, CLICK = "lasso", "click"
DRAG_MODES: dict[str, str | bool] = {LASSO: "lasso", CLICK: False}
RENAMED = {"draw around": LASSO}


def selected(name: str, count: int) -> list[int]:
    """Return the indices of the selected points, sorted.

    Args:
        name: Name of the text field that holds them.
        count: Number of points; indices beyond are left out.
    """
    LINKED.keep_assigned(name)
    return parse_indices(str(LINKED.value(name) or ""), count)


def parse_indices(text: str, count: int) -> list[int]:
    """Return the indices below `count` in a text such as "3,7,12-19"; all else is ignored."""
    indices: set[int] = set()
    for first, last in RANGE.findall(text):
        indices.update(range(int(first), min(int(last or first), count - 1) + 1))
    return sorted(index for index in indices if index < count)


def format_indices(indices: Sequence[int]) -> str:
    """Return the text that `parse_indices` reads."""
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        if runs and index == runs[-1][-1] + 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ",".join("-".join(map(str, run)) for run in runs)


def pick_mouse() -> str:
    """Show a picker of what dragging does on a map; Streamlit allows one or the other.

    On a phone it is nothing at first: a swipe over the map scrolls the page.
    """
    accept_old_options(LINKED, "mouse", RENAMED)
    first = CLICK if on_phone() else LASSO
    return LINKED.segmented(
        "Select by", list(DRAG_MODES), "mouse", first, label_visibility="collapsed",
        help="Lasso: draw around points. Click: choose one point, and scroll the page by swiping."
        " The map's own toolbar has box, zoom and PNG.",
    )  # fmt: skip


def on_phone() -> bool:
    """Return whether the browser says that it runs on a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def show_map(figure: go.Figure, key: str, name: str, alt: str, mouse: str = LASSO) -> None:
    """Show a map on which points can be selected.

    Args:
        figure: The map.
        key: The chart's key.
        name: Name of the text field that holds the indices.
        alt: Describes the map.
        mouse: What the mouse does (`pick_mouse`).
    """
    figure.update_layout(dragmode=DRAG_MODES[mouse])
    st.plotly_chart(
        figure, key=key, on_select=partial(_select_drawn, key, name), alt=alt,
        config={"displaylogo": False, "scrollZoom": False},
    )  # fmt: skip


def show_field(name: str, indices: Sequence[int], things: str) -> None:
    """Show the text field that holds the indices, and a button that selects nothing.

    Args:
        name: Name of the field.
        indices: What is selected.
        things: What the points are.
    """
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with left:
        LINKED.text(
            f"Selected {things}: {len(indices):,}" if indices else f"Selected {things}", name,
            placeholder="Lasso or click points, or type numbers: 3, 7, 12-19",
        )  # fmt: skip
    right.button(
        "Clear", icon=":material/close:", key=f"_clear_{name}", disabled=not indices,
        on_click=LINKED.assign, args=(name, ""), width="stretch",
    )  # fmt: skip


def selector(name: str) -> Callable[[Sequence[int]], None]:
    """Return a function that selects points, for callbacks."""
    return lambda indices: LINKED.assign(name, format_indices(indices))


def _select_drawn(chart_key: str, name: str) -> None:
    """Select the points that were clicked or drawn around."""
    points = st.session_state[chart_key].selection.points
    data = [point["customdata"] for point in points if point.get("customdata") is not None]
    indices = [int(value[0] if isinstance(value, list) else value) for value in data]
    LINKED.assign(name, format_indices(indices))
