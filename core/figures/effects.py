"""Bars with intervals: how much each factor changes the answers of networks."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.figures.charts import PALETTE
from core.figures.escaping import escape_plotly
from core.interventions import Interval

# Pixels of a bar, and of the axis.
BAR, AXIS = 20, 60
# Bars are paler than their intervals, which have the same colour: it is seen on white, on black and
# on the bar. Plotly's own dark grey is not seen on black.
BAR_OPACITY = 0.45


def effect_bars(effects: Mapping[str, Mapping[str, Interval]], title: str) -> go.Figure:
    """Plot a group of bars for each factor, one bar per network, with 95 % intervals.

    Args:
        effects: The effect by factor, for each network by its title. The factors of the first
            network give the order, from the top.
        title: Title of the axis.
    """
    figure = go.Figure()
    for (network, found), colour in zip(effects.items(), PALETTE, strict=False):
        figure.add_bar(
            name=escape_plotly(network), orientation="h", marker_color=colour,
            marker_opacity=BAR_OPACITY,
            y=[escape_plotly(factor) for factor in found],
            x=[each.mean for each in found.values()],
            error_x={
                "array": [each.high - each.mean for each in found.values()],
                "arrayminus": [each.mean - each.low for each in found.values()],
                "color": colour, "thickness": 2, "width": 4,
            },
            hovertemplate="%{y}: %{x:.0%}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    factors = max(map(len, effects.values()), default=0)
    figure.update_layout(
        height=AXIS + 40 + factors * (BAR * len(effects) + 12), dragmode=False, bargap=0.25,
        margin={"l": 0, "r": 0, "t": 8, "b": 0}, showlegend=len(effects) > 1,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(
        rangemode="tozero", tickformat=".0%", title=escape_plotly(title), fixedrange=True
    )
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True, ticksuffix=" ")
    return figure
