"""Accuracy by severity, and errors by coverage, for several networks."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.compare import RiskCoverage
from core.figures.charts import GREY, PALETTE
from core.figures.escaping import escape_plotly
from core.intervals import Interval

HEIGHT = 320
# Networks stand beside each other at a step, so that their intervals can be told apart.
BESIDE = 0.06


def severity_curves(
    lines: Mapping[str, Sequence[Interval]],
    labels: Sequence[str],
    marked: int,
    title: str,
    value: str,
) -> go.Figure:
    """Plot a share of each network over the steps of a dial, with 95 % intervals.

    Args:
        lines: By network, the share at each step, 0 to 1.
        labels: What the steps are called.
        marked: The step of the vertical line.
        title: Title of the horizontal axis.
        value: Title of the vertical axis.
    """
    figure = go.Figure()
    for index, (name, line) in enumerate(lines.items()):
        shift = BESIDE * (index - (len(lines) - 1) / 2)
        figure.add_scatter(
            x=[step + shift for step in range(len(line))], y=[each.mean for each in line],
            name=escape_plotly(name), mode="lines+markers",
            line={"color": PALETTE[index % len(PALETTE)]},
            error_y={
                "array": [each.high - each.mean for each in line],
                "arrayminus": [each.mean - each.low for each in line],
                "thickness": 1.2, "width": 3,
            },
            customdata=[
                (escape_plotly(label), each.low, each.high)
                for label, each in zip(labels, line, strict=True)
            ],
            hovertemplate="%{customdata[0]}: %{y:.0%} (%{customdata[1]:.0%} to"
            " %{customdata[2]:.0%})<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_vline(marked, line_color=GREY, line_dash="dash")
    _lay_out(figure)
    figure.update_xaxes(
        tickvals=list(range(len(labels))), ticktext=[escape_plotly(label) for label in labels],
        title=escape_plotly(title),
    )  # fmt: skip
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title=escape_plotly(value))
    return figure


def risk_coverage_curves(
    curves: Mapping[str, RiskCoverage], points: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """Plot the error over the share of answered pictures (Geifman and El-Yaniv 2017, figure 1).

    Args:
        curves: The curve of each network.
        points: The coverage and the error of a threshold, by network; a large dot.
    """
    figure = go.Figure()
    colours = dict(zip(curves, PALETTE, strict=False))
    for name, curve in curves.items():
        figure.add_scatter(
            x=curve.coverage, y=curve.risk, name=escape_plotly(name), mode="lines+markers",
            line={"color": colours[name]}, marker={"size": 4}, customdata=curve.threshold,
            hovertemplate="answers %{x:.0%} with %{y:.0%} errors, from a confidence of"
            " %{customdata:.0%}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    for name, (coverage, risk) in points.items():
        figure.add_scatter(
            x=[coverage], y=[risk], mode="markers", showlegend=False, name=escape_plotly(name),
            marker={"size": 14, "color": colours[name], "symbol": "circle-open",
                    "line": {"width": 3}},
            hovertemplate="the chosen threshold: answers %{x:.0%} with %{y:.0%} errors"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    _lay_out(figure)
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", title="answered pictures (coverage)")
    figure.update_yaxes(rangemode="tozero", tickformat=".0%", title="wrong answers (risk)")
    return figure


def _lay_out(figure: go.Figure) -> None:
    figure.update_layout(
        height=HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
