"""Curves over the steps of a dial."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.charts import GREY, PALETTE
from core.figures.escaping import escape_plotly


def dial_curves(
    lines: Mapping[str, np.ndarray], labels: Sequence[str], marked: int, title: str
) -> go.Figure:
    """Plot probabilities over the steps of a dial, with a vertical line at one step.

    Args:
        lines: Probabilities by network, 0 to 1, one for each step.
        labels: What the steps are called.
        marked: The step of the vertical line.
        title: Title of the horizontal axis.
    """
    figure = go.Figure()
    for (name, line), colour in zip(lines.items(), PALETTE, strict=False):
        figure.add_scatter(
            x=list(range(len(line))), y=line, name=escape_plotly(name), mode="lines+markers",
            line={"color": colour}, customdata=[escape_plotly(label) for label in labels],
            hovertemplate="%{customdata}: %{y:.0%}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_vline(marked, line_color=GREY, line_dash="dash")
    figure.update_layout(
        height=320, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(labels))), ticktext=[escape_plotly(label) for label in labels],
        title=escape_plotly(title), fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title="probability", fixedrange=True)
    return figure
