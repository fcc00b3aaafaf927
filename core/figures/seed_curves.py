"""Curves of what was measured with several random seeds: means, with a bar from least to most."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.escaping import escape_plotly
from core.figures.point_styles import POINT_SIZE, POINT_STYLES


def seed_curves(
    lines: Mapping[str, Mapping[str, Sequence[float]]],
    places: Sequence[str],
    x_title: str,
    y_title: str,
    percent: bool = True,
) -> go.Figure:
    """Plot means over seeds, with a bar from the smallest to the largest value.

    Args:
        lines: Values from 0 to 1, one for each seed, by line and then by place.
        places: All places in order; a line may lack some.
        x_title: Title of the horizontal axis.
        y_title: Title of the vertical axis.
        percent: Whether values are written as percentages.
    """
    figure = go.Figure()
    form = ".0%" if percent else ".2f"
    # Bars of several lines at one place stand beside each other.
    shifts = 0.05 * (np.arange(len(lines)) - (len(lines) - 1) / 2)
    for (colour, symbol), shift, (name, line) in zip(POINT_STYLES, shifts, lines.items(),
                                                     strict=False):  # fmt: skip
        found = [place for place in places if line.get(place)]
        means = np.array([np.mean(line[place]) for place in found])
        figure.add_scatter(
            x=[places.index(place) + shift for place in found], y=means, name=escape_plotly(name),
            mode="lines+markers", line={"color": colour, "width": 2},
            marker={"symbol": symbol, "size": POINT_SIZE + 2},
            error_y={
                "array": [max(line[place]) for place in found] - means,
                "arrayminus": means - [min(line[place]) for place in found],
                "thickness": 1.2, "width": 3,
            },
            customdata=[escape_plotly(place) for place in found],
            hovertemplate=f"%{{customdata}}: %{{y:{form}}}<extra>%{{fullData.name}}</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=340, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(places))), ticktext=[escape_plotly(place) for place in places],
        title=escape_plotly(x_title), fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(
        tickformat=".0%" if percent else ".1f", title=escape_plotly(y_title), fixedrange=True
    )
    return figure
