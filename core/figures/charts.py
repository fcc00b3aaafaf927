"""Bars, curves and marks on pictures."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from PIL import Image, ImageColor

from core.heat import SIGNED, UNSIGNED
from core.predict import Prediction

# Okabe and Ito's colours, told apart also by the colour-blind (Color Universal Design, 2008).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#8A8F98"
BAR_HEIGHT = 34
# Between ticks of a logarithmic axis.
DOUBLING = math.log10(2)


def shared_colours(rankings: Sequence[Sequence[Prediction]]) -> dict[str, str]:
    """A colour for each label that stands in several rankings, in the order they appear."""
    labels = [prediction.label for ranking in rankings for prediction in ranking]
    shared = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
    return dict(zip(shared, PALETTE, strict=False))


def probability_bars(ranking: Sequence[Prediction], colours: Mapping[str, str]) -> go.Figure:
    """A model's top classes as bars, most probable on top, names and figures on the bars.

    Args:
        ranking: Best first.
        colours: By label; others are grey.
    """
    names = [f"{prediction.label} · {_percent(prediction.probability)}" for prediction in ranking]
    figure = go.Figure(
        go.Bar(
            x=[prediction.probability for prediction in ranking],
            # The rank, since two classes may share a name (crane the bird, crane the machine).
            y=[str(rank) for rank in range(1, len(ranking) + 1)],
            text=names,
            textposition="auto",
            insidetextanchor="start",
            cliponaxis=False,
            orientation="h",
            marker_color=[colours.get(prediction.label, GREY) for prediction in ranking],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=BAR_HEIGHT * len(ranking) + 8,
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        bargap=0.18,
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, autorange="reversed", fixedrange=True)
    return figure


def _percent(probability: float) -> str:
    if probability < 0.0005:
        return "<0.1 %"
    return f"{probability:.1%}".replace("%", " %")


def marked(img: Image.Image, masks: Mapping[str, np.ndarray]) -> Image.Image:
    """A picture with masks laid over it in colours that can be told apart.

    Args:
        img: (w, h).
        masks: By name, (h, w), bool.
    """
    pixels = np.asarray(img).astype(np.float32)
    for index, mask in enumerate(masks.values()):
        colour = np.array(ImageColor.getrgb(PALETTE[index % len(PALETTE)]), np.float32)
        pixels[mask] = 0.35 * pixels[mask] + 0.65 * colour
    return Image.fromarray(pixels.round().astype(np.uint8))


def nested_squares(img: Image.Image, sides: Mapping[str, float]) -> go.Figure:
    """A picture with a square about its middle for each name.

    Args:
        img: (w, h).
        sides: By name, in pixels of the picture.
    """
    figure = go.Figure(go.Image(z=np.asarray(img), hoverinfo="skip"))
    for index, (name, side) in enumerate(sides.items()):
        left, right = (img.width - side) / 2, (img.width + side) / 2
        top, bottom = (img.height - side) / 2, (img.height + side) / 2
        colour = PALETTE[index % len(PALETTE)]
        figure.add_scatter(
            x=[left, right, right, left, left],
            y=[top, top, bottom, bottom, top],
            mode="lines",
            name=name,
            line={"color": colour, "width": 3},
            hovertemplate=f"{name}: {side:.0f} pixels<extra></extra>",
        )
    figure.update_layout(margin=dict.fromkeys("lrtb", 0), height=380, dragmode=False)
    figure.update_xaxes(visible=False, range=[0, img.width], fixedrange=True)
    figure.update_yaxes(
        visible=False, range=[img.height, 0], fixedrange=True, scaleanchor="x", scaleratio=1
    )
    return figure


def shape_through(names: Sequence[str], sides: Sequence[int], channels: Sequence[int]) -> go.Figure:
    """How a network trades size for channels, layer by layer; both double and halve."""
    figure = go.Figure()
    figure.add_scatter(x=list(names), y=list(sides), name="side", line_color=PALETTE[0])
    figure.add_scatter(
        x=list(names), y=list(channels), name="channels", yaxis="y2", line_color=PALETTE[1]
    )
    figure.update_layout(
        height=280,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        yaxis={"title": "side"},
        yaxis2={"title": "channels", "overlaying": "y", "side": "right"},
        legend={"orientation": "h", "y": 1.15},
        dragmode=False,
    )
    figure.update_yaxes(type="log", dtick=DOUBLING)
    return figure


def stacked_counts(counts: pd.DataFrame) -> go.Figure:
    """Counts as bars, one a row, their columns stacked."""
    figure = go.Figure(
        [
            go.Bar(x=list(counts.index), y=counts[name], name=name, marker_color=colour)
            for name, colour in zip(counts.columns, PALETTE, strict=False)
        ]
    )
    figure.update_layout(
        barmode="stack",
        height=300,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        yaxis_title="units",
        legend={"orientation": "h", "y": 1.15},
        dragmode=False,
    )
    return figure


def curves(lines: Mapping[str, np.ndarray], at: float, title: str) -> go.Figure:
    """Lines over the share of pixels, 0 to 1, with a mark at one share.

    Args:
        lines: By name, each of evenly spaced values.
        at: The share that is marked.
        title: Of the values.
    """
    figure = go.Figure()
    for index, (name, line) in enumerate(lines.items()):
        dash = "solid" if index < len(PALETTE) else "dot"
        figure.add_scatter(
            x=np.linspace(0, 1, len(line)), y=line, name=name, mode="lines",
            line={"color": PALETTE[index % len(PALETTE)], "dash": dash},
        )  # fmt: skip
    figure.add_vline(at, line_color=GREY, line_dash="dash")
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 28, "b": 0}, title=title, dragmode=False,
        xaxis={"title": "share of pixels", "tickformat": ".0%"}, yaxis={"range": [0, 1]},
        legend={"orientation": "h", "y": -0.3},
    )  # fmt: skip
    return figure


def cascade(lines: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """How like the first map stays as ever more layers are shuffled.

    Args:
        lines: By method: shares of the layers that are shuffled, and the likeness at each, -1 to 1.
    """
    figure = go.Figure()
    for index, (name, (shares, likeness)) in enumerate(lines.items()):
        figure.add_scatter(
            x=[0, *shares], y=[1, *likeness], name=name, mode="lines+markers",
            line={"color": PALETTE[index % len(PALETTE)],
                  "dash": "solid" if index < len(PALETTE) else "dot"},
        )  # fmt: skip
    figure.add_hline(0, line_color=GREY, line_dash="dash")
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": "share of the layers shuffled, from the classes down", "tickformat": ".0%"},
        yaxis={"title": "likeness to the map before"}, legend={"orientation": "h", "y": -0.3},
    )  # fmt: skip
    return figure


def bars(values: pd.Series, title: str) -> go.Figure:
    """A bar for each entry, in their order from the top, every one named."""
    figure = go.Figure(
        go.Bar(x=values, y=[str(name) for name in values.index], orientation="h",
               marker_color=PALETTE[0])
    )  # fmt: skip
    figure.update_layout(
        height=60 + 20 * len(values), margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": title},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", dtick=1)
    return figure


def matrix(values: pd.DataFrame, signed: bool = False) -> go.Figure:
    """A table of shares, 0 to 1 or signed from -1, as coloured squares with their figures."""
    colours = SIGNED if signed else UNSIGNED
    figure = go.Figure(
        go.Heatmap(
            z=values, x=list(values.columns), y=list(values.index), zmin=-signed, zmax=1,
            colorscale=colours, showscale=False, texttemplate="%{z:.2f}",
            hovertemplate="%{y}, %{x}: %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=60 + 44 * len(values), margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False
    )
    figure.update_yaxes(autorange="reversed")
    return figure
