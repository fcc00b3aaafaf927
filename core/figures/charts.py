"""Bar charts, curves, matrices, and pictures with masks or squares."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from PIL import Image, ImageColor

from core.figures.escaping import escape_plotly
from core.heatmap import DIVERGING, SEQUENTIAL
from core.predict import Prediction

# Okabe and Ito's colours, distinct to colour-blind readers too (Color Universal Design, 2008).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#8A8F98"
# Height of a bar of `probability_bars`, in pixels.
BAR_HEIGHT = 34
# Distance between ticks of a logarithmic axis: a factor of two.
DOUBLING = math.log10(2)


def shared_colours(rankings: Sequence[Sequence[Prediction]]) -> dict[str, str]:
    """Return a colour for each top label and each label that occurs more than once.

    Colours follow the order of appearance. Where there are more labels than colours, the top ones
    come first, so that no top class is grey.
    """
    labels = [prediction.label for ranking in rankings for prediction in ranking]
    top = {ranking[0].label for ranking in rankings if ranking}
    coloured = [each for each in dict.fromkeys(labels) if each in top or labels.count(each) > 1]
    if len(coloured) > len(PALETTE):
        coloured.sort(key=lambda label: label not in top)
    return dict(zip(coloured, PALETTE, strict=False))


def probability_bars(ranking: Sequence[Prediction], colours: Mapping[str, str]) -> go.Figure:
    """Plot a network's top classes as bars with names and probabilities, best on top.

    Args:
        ranking: The classes, best first.
        colours: Colour by label; bars of other labels are grey.
    """
    texts = [
        f"{escape_plotly(prediction.label)} · {_percent(prediction.probability)}"
        for prediction in ranking
    ]
    figure = go.Figure(
        go.Bar(
            x=[prediction.probability for prediction in ranking],
            # By rank, since two classes may share a name (crane the bird, crane the machine).
            y=[str(rank) for rank in range(1, len(ranking) + 1)],
            text=texts,
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
    """Format a probability, such as "12.5%"."""
    if probability < 0.0005:
        return "<0.1%"
    return f"{probability:.1%}"


def overlay_masks(img: Image.Image, masks: Mapping[str, np.ndarray]) -> Image.Image:
    """Draw masks over a picture, each in its own colour.

    Args:
        img: The picture, (w, h).
        masks: Masks by name, each (h, w), bool.
    """
    pixels = np.asarray(img).astype(np.float32)
    for index, mask in enumerate(masks.values()):
        colour = np.array(ImageColor.getrgb(PALETTE[index % len(PALETTE)]), np.float32)
        pixels[mask] = 0.35 * pixels[mask] + 0.65 * colour
    return Image.fromarray(pixels.round().astype(np.uint8))


def nested_squares(img: Image.Image, sides: Mapping[str, float]) -> go.Figure:
    """Draw centred squares on a picture, such as receptive fields.

    Args:
        img: The picture, (w, h).
        sides: Side of each square by name, in pixels of the picture.
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
            name=escape_plotly(name),
            line={"color": colour, "width": 3},
            hovertemplate=f"{escape_plotly(name)}: {side:.0f} pixels<extra></extra>",
        )
    figure.update_layout(margin=dict.fromkeys("lrtb", 0), height=380, dragmode=False)
    figure.update_xaxes(visible=False, range=[0, img.width], fixedrange=True)
    figure.update_yaxes(
        visible=False, range=[img.height, 0], fixedrange=True, scaleanchor="x", scaleratio=1
    )
    return figure


def resolution_and_channels(
    names: Sequence[str], sides: Sequence[int], channels: Sequence[int]
) -> go.Figure:
    """Plot the resolution and the number of channels of each layer, on logarithmic axes.

    Args:
        names: Names of the layers, in order.
        sides: Side of each layer's activation, in positions.
        channels: Number of channels of each layer.
    """
    layers = [escape_plotly(name) for name in names]
    figure = go.Figure()
    figure.add_scatter(x=layers, y=list(sides), name="resolution", line_color=PALETTE[0])
    figure.add_scatter(
        x=layers, y=list(channels), name="channels", yaxis="y2", line_color=PALETTE[1]
    )
    figure.update_layout(
        height=280,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        yaxis={"title": "resolution"},
        yaxis2={"title": "channels", "overlaying": "y", "side": "right"},
        legend={"orientation": "h", "y": 1.15},
        dragmode=False,
    )
    figure.update_yaxes(type="log", dtick=DOUBLING)
    return figure


def stacked_counts(counts: pd.DataFrame) -> go.Figure:
    """Plot a table of counts as stacked bars: one bar per row, one colour per column."""
    rows = [escape_plotly(name) for name in counts.index]
    figure = go.Figure(
        [
            go.Bar(x=rows, y=counts[name], name=escape_plotly(name), marker_color=colour)
            for name, colour in zip(counts.columns, PALETTE, strict=False)
        ]
    )
    figure.update_layout(
        barmode="stack",
        height=300,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        yaxis_title="channels",
        legend={"orientation": "h", "y": 1.15},
        dragmode=False,
    )
    return figure


def pixel_share_curves(
    lines: Mapping[str, np.ndarray], marked_share: float, title: str
) -> go.Figure:
    """Plot curves over the share of changed pixels, with a vertical line at one share.

    Args:
        lines: Values by name, 0 to 1, at evenly spaced shares from 0 to 1.
        marked_share: Where to draw the vertical line, 0 to 1.
        title: Title of the plot.
    """
    figure = go.Figure()
    for index, (name, line) in enumerate(lines.items()):
        figure.add_scatter(
            x=np.linspace(0, 1, len(line)), y=line, name=escape_plotly(name), mode="lines",
            line=_line(index),
        )  # fmt: skip
    figure.add_vline(marked_share, line_color=GREY, line_dash="dash")
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 28, "b": 0}, dragmode=False,
        title=escape_plotly(title),
        xaxis={"title": "share of pixels", "tickformat": ".0%"},
        yaxis={"title": "probability", "range": [0, 1]},
        legend={"orientation": "h", "y": -0.3},
    )  # fmt: skip
    return figure


def randomisation_curves(lines: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """Plot how similar saliency maps stay to the original map as weights are shuffled.

    Args:
        lines: By method: the shares of layers with shuffled weights, and the rank correlation with
            the original map at each, -1 to 1.
    """
    figure = go.Figure()
    for index, (name, (shares, correlations)) in enumerate(lines.items()):
        figure.add_scatter(
            x=[0, *shares], y=[1, *correlations], name=escape_plotly(name), mode="lines+markers",
            line=_line(index),
        )  # fmt: skip
    figure.add_hline(0, line_color=GREY, line_dash="dash")
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": "share of layers with shuffled weights, from the classifier down",
               "tickformat": ".0%"},
        yaxis={"title": "similarity to the original map"}, legend={"orientation": "h", "y": -0.3},
    )  # fmt: skip
    return figure


def _line(index: int) -> dict[str, str]:
    """Return the colour and dash of the line of this index; beyond the palette it is dotted."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "dash": "solid" if index < len(PALETTE) else "dot",
    }


def horizontal_bars(values: pd.Series, title: str) -> go.Figure:
    """Plot a horizontal bar for each entry, the first on top, each labelled with its name.

    Args:
        values: The lengths of the bars, indexed by name.
        title: Title of the value axis.
    """
    figure = go.Figure(
        go.Bar(x=values, y=[escape_plotly(name) for name in values.index], orientation="h",
               marker_color=PALETTE[0])
    )  # fmt: skip
    figure.update_layout(
        height=60 + 20 * len(values), margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": escape_plotly(title)},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", dtick=1)
    return figure


def annotated_matrix(values: pd.DataFrame, signed: bool = False) -> go.Figure:
    """Plot a table as coloured squares, each with its value.

    Args:
        values: Values from 0 to 1, or from -1 to 1 where signed.
        signed: Whether the colour scale starts at -1 rather than at 0.
    """
    colours = DIVERGING if signed else SEQUENTIAL
    figure = go.Figure(
        go.Heatmap(
            z=values, zmin=-signed, zmax=1, x=[escape_plotly(name) for name in values.columns],
            y=[escape_plotly(name) for name in values.index],
            colorscale=colours, showscale=False, texttemplate="%{z:.2f}",
            hovertemplate="%{y}, %{x}: %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=60 + 44 * len(values), margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False
    )
    figure.update_yaxes(autorange="reversed")
    return figure
