"""How kinds of points look, the same on every map."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from math import ceil

import plotly.graph_objects as go

from core.figures.charts import GREY, PALETTE

# A kind's look: six colours and five symbols tell 30 kinds apart, to the colour-blind too.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
LOOKS = tuple((colour, symbol) for symbol, colour in product(SYMBOLS, PALETTE))
# The kinds beyond, and points of which nothing is known.
OTHERS, UNKNOWN = "others", "unknown"
GREYS = {OTHERS: "circle-open", UNKNOWN: "x-thin-open"}
# Pixels of a dot.
DOT = 7
# Pixels of a legend's row, and how many kinds stand in one on a wide screen.
LEGEND_ROW, LEGEND_COLUMNS = 20, 9


def most_frequent(colours: Sequence[str]) -> list[str]:
    """The kinds that have a look of their own, in the order of the alphabet."""
    counts = Counter(kind for kind in colours if kind)
    return sorted(kind for kind, _ in counts.most_common(len(LOOKS)))


def look(kind: str, kinds: Sequence[str]) -> tuple[str, str]:
    """Colour and symbol of a kind among those that are told apart."""
    if kind in GREYS:
        return GREY, GREYS[kind]
    return LOOKS[kinds.index(kind) % len(LOOKS)] if kind in kinds else LOOKS[0]


def by_kind(colours: Sequence[str], kinds: Sequence[str]) -> dict[str, list[int]]:
    """The points of each kind, by name; those without a look of their own together."""
    groups: dict[str, list[int]] = {kind: [] for kind in (*kinds, OTHERS, UNKNOWN)}
    for index, kind in enumerate(colours):
        groups[kind if kind in kinds else OTHERS if kind else UNKNOWN].append(index)
    return {kind: rows for kind, rows in groups.items() if rows}


def legend(kinds: Sequence[str], maps: Iterable[Sequence[str]]) -> go.Figure:
    """How kinds look, for maps that are shown without a legend each.

    Args:
        kinds: As `point_map` has them.
        maps: The points' kinds on each: only what is there is shown.
    """
    there = {kind for colours in maps for kind in by_kind(colours, kinds)}
    shown = [kind for kind in (*kinds, *GREYS) if kind in there]
    figure = go.Figure()
    for kind in shown:
        colour, symbol = look(kind, kinds)
        marker = {"color": colour, "symbol": symbol, "size": DOT}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=kind, marker=marker)
    figure.update_layout(
        height=LEGEND_ROW * ceil(len(shown) / LEGEND_COLUMNS) + LEGEND_ROW,
        margin=dict.fromkeys("lrtb", 0), showlegend=True, dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "itemsizing": "constant",
                "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure
