"""The same points at several stages of a network, and how classes separate along its layers."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from core.figures.escaping import escape_plotly
from core.figures.maps import Colours, longer_side, point_map
from core.figures.point_styles import POINT_SIZE, POINT_STYLES

# How points move from one stage to the next.
ANIMATION = {"mode": "immediate", "frame": {"duration": 1200, "redraw": False},
             "transition": {"duration": 700, "easing": "cubic-in-out"}}  # fmt: skip


def staged_map(
    stages: Mapping[str, Float[np.ndarray, "n 2"]],
    colours: Colours = None,
    names: Sequence[str] = (),
    title: str = "",
    categories: Sequence[str] = (),
) -> go.Figure:
    """Plot the same points at several stages: the last one, with Play and a slider that move them.

    Args:
        stages: The positions at each stage by name, in order and aligned; at least one.
        colours: As for `point_map`.
        names: As for `point_map`.
        title: As for `point_map`.
        categories: As for `point_map`.
    """
    maps = {
        stage: point_map(xy, colours, names, title=title, categories=categories)
        for stage, xy in stages.items()
    }
    last = list(maps.values())[-1]
    figure = go.Figure(
        data=last.data,
        layout=last.layout,
        frames=[
            go.Frame(name=escape_plotly(stage), data=chart.data) for stage, chart in maps.items()
        ],
    )
    steps = [
        {"label": name, "method": "animate", "args": [[name], ANIMATION]}
        for name in map(escape_plotly, stages)
    ]
    play = {"label": "▶ Play", "method": "animate", "args": [None, ANIMATION]}
    all_positions = np.concatenate(list(stages.values()))
    low, high = all_positions.min(axis=0), all_positions.max(axis=0)
    edge = 0.05 * longer_side(all_positions)
    figure.update_layout(
        sliders=[{"steps": steps, "active": len(steps) - 1, "x": 0.12, "len": 0.88,
                  "pad": {"t": 8}, "currentvalue": {"prefix": "Layer: "}}],
        updatemenus=[{"type": "buttons", "buttons": [play], "showactive": False, "x": 0, "y": 0,
                      "xanchor": "left", "yanchor": "top", "pad": {"t": 24}}],
        margin={"l": 24, "r": 36, "t": 8, "b": 40}, dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(range=[low[0] - edge, high[0] + edge])
    figure.update_yaxes(range=[low[1] - edge, high[1] + edge])
    return figure


def purity_curves(lines: Mapping[str, Mapping[str, tuple[float, float]]]) -> go.Figure:
    """Plot class purity over depth: a line for each network, a marker for each layer.

    Args:
        lines: Depth and purity, both 0 to 1, by network and then by layer.
    """
    figure = go.Figure()
    for (colour, symbol), (network, layers) in zip(POINT_STYLES, lines.items(), strict=False):
        figure.add_scatter(
            x=[depth for depth, _ in layers.values()], y=[purity for _, purity in layers.values()],
            text=[escape_plotly(layer) for layer in layers], name=escape_plotly(network),
            mode="lines+markers", line_color=colour,
            marker={"symbol": symbol, "size": POINT_SIZE + 2},
            hovertemplate="%{text}: %{y:.2f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": "depth", "range": [-0.02, 1.02], "tickformat": ".0%"},
        yaxis={"title": "class purity", "range": [0, 1.02]},
        legend={"orientation": "h", "y": 1.15},
    )  # fmt: skip
    return figure
