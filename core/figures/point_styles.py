"""Colours and symbols of point categories, the same on every map, and a legend of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from math import ceil

import plotly.graph_objects as go

from core.figures.charts import GREY, PALETTE
from core.figures.escaping import escape_plotly

# Six colours and five symbols tell 30 categories apart, for colour-blind readers too.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
POINT_STYLES = tuple((colour, symbol) for symbol, colour in product(SYMBOLS, PALETTE))
# Names of the categories without a style of their own, and of points without a category.
OTHERS, UNKNOWN = "others", "unknown"
GREY_SYMBOLS = {OTHERS: "circle-open", UNKNOWN: "x-thin-open"}
# Diameter of a point, in pixels.
POINT_SIZE = 7
# Height of a row of the legend, the width that a page of two maps has at least, and the widths of a
# symbol and of a letter, in pixels.
LEGEND_ROW, LEGEND_WIDTH, SYMBOL_WIDTH, LETTER_WIDTH = 20, 700, 45, 7


def frequent_categories(categories: Sequence[str], most: int = len(POINT_STYLES)) -> list[str]:
    """Return the most frequent categories in alphabetical order: those with their own style.

    Args:
        categories: The category of each point, empty where unknown.
        most: Number of categories, at most 30.
    """
    counts = Counter(category for category in categories if category)
    return sorted(category for category, _ in counts.most_common(most))


def point_style(category: str, categories: Sequence[str]) -> tuple[str, str]:
    """Return the colour and the symbol of a category.

    Args:
        category: The category.
        categories: All categories with their own style.
    """
    if category in GREY_SYMBOLS:
        return GREY, GREY_SYMBOLS[category]
    if category not in categories:
        return POINT_STYLES[0]
    return POINT_STYLES[categories.index(category) % len(POINT_STYLES)]


def group_points(
    point_categories: Sequence[str], categories: Sequence[str]
) -> dict[str, list[int]]:
    """Return the indices of the points of each category that has any.

    Args:
        point_categories: The category of each point, empty where unknown.
        categories: All categories with their own style; points of other categories are grouped as
            "others".
    """
    groups: dict[str, list[int]] = {name: [] for name in (*categories, OTHERS, UNKNOWN)}
    for index, category in enumerate(point_categories):
        known = category if category in categories else OTHERS
        groups[known if category else UNKNOWN].append(index)
    return {name: indices for name, indices in groups.items() if indices}


def legend(categories: Sequence[str], maps: Iterable[Sequence[str]]) -> go.Figure:
    """Plot one legend for several maps.

    Args:
        categories: All categories with their own style, as for `point_map`.
        maps: The category of each point on each map. The legend lists only categories that occur.
    """
    used = {
        name for point_categories in maps for name in group_points(point_categories, categories)
    }
    listed = [name for name in (*categories, *GREY_SYMBOLS) if name in used]
    figure = go.Figure()
    for name in listed:
        colour, symbol = point_style(name, categories)
        marker = {"color": colour, "symbol": symbol, "size": POINT_SIZE}
        shown = escape_plotly(name)
        figure.add_scatter(x=[None], y=[None], mode="markers", name=shown, marker=marker)
    # All columns are as wide as the longest name.
    width = SYMBOL_WIDTH + LETTER_WIDTH * max(map(len, listed), default=0)
    columns = max(1, LEGEND_WIDTH // width)
    height = LEGEND_ROW * ceil(len(listed) / columns) + LEGEND_ROW
    figure.update_layout(
        height=height,
        margin=dict.fromkeys("lrtb", 0), showlegend=True, dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "itemsizing": "constant",
                "itemclick": False, "itemdoubleclick": False, "maxheight": height},
    )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure
