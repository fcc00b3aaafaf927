"""Plots that compare networks: layer similarity, confusion, calibration, accuracy by time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.compare import Reliability
from core.figures.charts import GREY, PALETTE
from core.figures.escaping import escape_plotly
from core.heatmap import SEQUENTIAL

# Side of a heat map's cell and space for its tick labels, in pixels.
CELL_SIZE, LABEL_SPACE = 16, 140
# Limits of a heat map's height, in pixels.
MIN_HEIGHT, MAX_HEIGHT = 320, 760


def layer_similarity(
    values: pd.DataFrame, row_title: str, column_title: str, errors: pd.DataFrame | None = None
) -> go.Figure:
    """Plot the CKA of two networks' layers. A click on a cell returns its row as y, column as x.

    Args:
        values: CKA, 0 to 1: one row per layer of one network, the first at the bottom; one column
            per layer of the other. NaN leaves a cell empty.
        row_title: Title of the network in the rows.
        column_title: Title of the network in the columns.
        errors: Standard error of each value, shown on hover; NaN is not shown.
    """
    heat = go.Heatmap(
        z=values, zmin=0, zmax=1, colorscale=SEQUENTIAL, hoverinfo="skip",
        colorbar={"thickness": 12, "title": "CKA"},
    )  # fmt: skip
    suffixes = None
    if errors is not None:
        suffixes = errors.map(lambda error: f" ± {error:.2f}" if error >= 0 else "")
    figure = _clickable_heatmap(values, heat, "{}, {}: {:.2f}", suffixes)
    figure.update_xaxes(title=escape_plotly(column_title))
    figure.update_yaxes(title=escape_plotly(row_title))
    return figure


def confusion_matrix(counts: pd.DataFrame) -> go.Figure:
    """Plot a confusion matrix. A click on a cell returns its row as y and its column as x.

    Colours show shares of a row, so that rare classes count as much as frequent ones.

    Args:
        counts: Numbers of pictures: one row per true class, one column per predicted class.
    """
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    heat = go.Heatmap(z=shares, zmin=0, zmax=1, colorscale=SEQUENTIAL, showscale=False,
                      hoverinfo="skip")  # fmt: skip
    figure = _clickable_heatmap(counts, heat, "true class {}, predicted {}: {} pictures")
    figure.update_xaxes(title="predicted")
    figure.update_yaxes(title="true class", range=[len(counts) - 0.5, -0.5])
    return figure


def reliability_diagram(reliability: Reliability) -> go.Figure:
    """Plot accuracy by confidence (Guo et al. 2017, figure 1).

    A bar on the diagonal means that the network is calibrated, a bar below it that the network is
    overconfident. The fewer pictures a bar stands for, the fainter it is.
    """
    width = np.diff(reliability.edges)
    share = reliability.count / max(1, reliability.count.max())
    bars = go.Bar(
        x=reliability.edges[:-1] + width / 2, y=reliability.accuracy, width=width, name="accuracy",
        marker={"color": PALETTE[0], "opacity": 0.25 + 0.75 * share},
        customdata=np.stack([reliability.confidence, reliability.count], axis=1),
        hovertemplate="confidence %{customdata[0]:.0%}, accuracy %{y:.0%}"
        " of %{customdata[1]} pictures<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(bars)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", line={"color": GREY, "dash": "dash"}
    )
    title = f"expected calibration error {reliability.ece:.1%}"
    figure.update_layout(
        height=320, margin={"l": 0, "r": 0, "t": 28, "b": 0}, showlegend=False, dragmode=False,
        bargap=0, title=title,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title="confidence", constrain="domain")
    figure.update_yaxes(range=[0, 1], tickformat=".0%", title="accuracy")
    return figure


def mark_cell(figure: go.Figure, row: int, column: int) -> None:
    """Draw a frame around a cell of a clickable heat map."""
    figure.add_shape(
        type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
        line={"color": PALETTE[1], "width": 3},
    )  # fmt: skip


def share_bars(shares: Mapping[str, float], title: str) -> go.Figure:
    """Plot one bar per network from 0 to 100 %, in the colours of `accuracy_by_time`.

    Args:
        shares: Shares by network, 0 to 1.
        title: Title of the axis.
    """
    colours = dict(zip(shares, PALETTE, strict=False))
    figure = go.Figure(
        go.Bar(
            x=list(shares.values()), y=[escape_plotly(name) for name in shares], orientation="h",
            text=[f"{share:.0%}" for share in shares.values()],
            marker_color=list(colours.values()), hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=70 + 34 * len(shares), margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title=escape_plotly(title), fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True, ticksuffix=" ")
    return figure


def accuracy_by_time(table: pd.DataFrame) -> go.Figure:
    """Plot accuracy over the time per picture; a larger dot means more parameters.

    Args:
        table: One row per network, with columns "ms a picture", "accuracy" and "parameters".
    """
    figure = go.Figure()
    largest = table["parameters"].max()
    for (network, row), colour in zip(table.iterrows(), PALETTE, strict=False):
        name = escape_plotly(network)
        # The area of a dot, not its width, grows with the parameters; 10 pixels keep it visible.
        size = 10 + 30 * (row["parameters"] / largest) ** 0.5
        figure.add_scatter(
            x=[row["ms a picture"]], y=[row["accuracy"]], name=name, mode="markers",
            marker={"color": colour, "size": size},
            hovertemplate="%{x:.1f} ms, %{y:.1%}" + f"<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=340, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": -0.25, "itemsizing": "constant"},
    )  # fmt: skip
    figure.update_xaxes(title="ms per picture", rangemode="tozero")
    # The dots of 0 and of 100 % are whole, too.
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[-0.05, 1.05], tick0=0, dtick=0.2)
    return figure


def _clickable_heatmap(
    values: pd.DataFrame, heat: go.Heatmap, template: str, suffixes: pd.DataFrame | None = None
) -> go.Figure:
    """Cover a heat map with invisible squares: Streamlit reports clicks on points, not on cells.

    Args:
        values: The table.
        heat: Its cells.
        template: Hover text of a cell, formatted with row name, column name and value.
        suffixes: Text to append to the hover text of each cell.
    """
    rows, columns = (index.ravel() for index in np.indices(values.shape))
    texts = [
        template.format(escape_plotly(row), escape_plotly(column), value)
        for row, line in zip(values.index, values.to_numpy(), strict=True)
        for column, value in zip(values.columns, line, strict=True)
    ]
    if suffixes is not None:
        endings = suffixes.to_numpy().ravel()
        texts = [text + ending for text, ending in zip(texts, endings, strict=True)]
    heat.update(x=np.arange(values.shape[1]), y=np.arange(values.shape[0]))
    figure = go.Figure(heat)
    figure.add_scatter(
        x=columns, y=rows, mode="markers", text=texts, hoverinfo="text", showlegend=False,
        marker={"symbol": "square", "size": CELL_SIZE, "color": "rgba(0,0,0,0)"},
    )  # fmt: skip
    height = min(MAX_HEIGHT, max(MIN_HEIGHT, LABEL_SPACE + CELL_SIZE * len(values)))
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 8, "b": 0}, clickmode="event+select",
        # The nearest square is that of the cell under the pointer, however wide the cells are.
        dragmode=False, hovermode="closest", hoverdistance=-1,
    )  # fmt: skip
    _label_axis(figure.layout.xaxis, values.columns)
    _label_axis(figure.layout.yaxis, values.index)
    return figure


def _label_axis(axis: go.layout.XAxis | go.layout.YAxis, labels: pd.Index) -> None:
    """Put a tick label at every cell of a heat map's axis."""
    axis.update(
        range=[-0.5, len(labels) - 0.5], tickvals=np.arange(len(labels)),
        ticktext=[escape_plotly(label) for label in labels],
        showgrid=False, zeroline=False, automargin=True,
    )  # fmt: skip
