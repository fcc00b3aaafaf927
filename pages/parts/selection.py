"""Points chosen on a map: by click, lasso or box, or typed; the URL holds their numbers."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from pages.parts import chooser
from pages.parts.session import held

RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)
# What a mouse does, and Plotly's name of it: clicks choose points while dragging chooses none.
AROUND, CLICK = "draw around", "click"
DRAGS = {AROUND: "lasso", CLICK: "pan"}


def chosen(key: str, count: int) -> list[int]:
    """The points that are chosen, in order.

    Args:
        key: Of the field that holds them.
        count: How many points there are; numbers beyond are left out.
    """
    chooser.hold(key)
    return numbers(str(held(key) or ""), count)


def numbers(text: str, count: int) -> list[int]:
    """The numbers that a text names, such as "3,7,12-19"; whatever else it says is left out."""
    found: set[int] = set()
    for first, last in RANGE.findall(text):
        found.update(range(int(first), min(int(last or first), count - 1) + 1))
    return sorted(number for number in found if number < count)


def written(found: Sequence[int]) -> str:
    """The text that `numbers` reads."""
    runs: list[list[int]] = []
    for number in sorted(set(found)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


def mouse() -> str:
    """Let it be chosen what a mouse does on a map; Streamlit has one or the other."""
    if held("mouse") not in DRAGS:
        st.session_state.mouse = AROUND
    does = st.segmented_control(
        "Mouse", list(DRAGS), key="mouse", bind="query-params", required=True,
        label_visibility="collapsed",
        help="Draw around points, or click one. Box, zoom and PNG stand in a map's own toolbar.",
    )  # fmt: skip
    return does or AROUND


def chart(figure: go.Figure, key: str, field: str, alt: str, does: str = AROUND) -> None:
    """A map on which points can be chosen.

    Args:
        figure: The map.
        key: Of the chart.
        field: Of the field that holds the numbers.
        alt: What it shows.
        does: As `mouse` gave it.
    """
    figure.update_layout(dragmode=DRAGS[does])
    st.plotly_chart(
        figure, key=key, on_select=partial(_take, key, field), alt=alt,
        config={"displaylogo": False, "scrollZoom": False},
    )  # fmt: skip


def show(key: str, found: Sequence[int], things: str) -> None:
    """The field that holds the numbers, and a way to choose none.

    Args:
        key: Of the field.
        found: What is chosen.
        things: What the points are.
    """
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    left.text_input(
        f"Chosen {things}: {len(found):,}" if found else f"Chosen {things}", key=key,
        bind="query-params", placeholder="Draw around points, click one, or type: 3, 7, 12-19",
    )  # fmt: skip
    right.button(
        "Clear", icon=":material/close:", key=f"_clear_{key}", disabled=not found,
        on_click=partial(chooser.assign, key, ""), width="stretch",
    )  # fmt: skip


def choose(key: str) -> Callable[[Sequence[int]], None]:
    """Chooses points, for callbacks."""
    return lambda found: chooser.assign(key, written(found))


def _take(chart_key: str, field: str) -> None:
    """Take over what was drawn on a map."""
    points = st.session_state[chart_key].selection.points
    found = [point["customdata"] for point in points if point.get("customdata") is not None]
    flat = [one[0] if isinstance(one, list) else one for one in found]
    chooser.assign(field, written([int(one) for one in flat]))
