"""Networks compared: layers with layers, classes with classes, how sure with how often right."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.compare import Reliability
from core.figures.charts import GREY, PALETTE
from core.heat import UNSIGNED

# Pixels that a heat map's cells and names take.
CELL, NAMES = 16, 140
LOWEST, HIGHEST = 320, 760


def layer_likeness(
    values: pd.DataFrame, row_title: str, column_title: str, errors: pd.DataFrame | None = None
) -> go.Figure:
    """CKA of layers with layers, 0 to 1; a click on a cell gives its row as y, its column as x.

    Args:
        values: One row a layer of one network, the first at the bottom; one column a layer of the
            other. NaN stays empty.
        row_title: The one network.
        column_title: The other.
        errors: The standard error of each; NaN is not told.
    """
    heat = go.Heatmap(
        z=values, zmin=0, zmax=1, colorscale=UNSIGNED, hoverinfo="skip",
        colorbar={"thickness": 12, "title": "CKA"},
    )  # fmt: skip
    told = None if errors is None else errors.map(lambda error: f" ± {error:.2f}" * (error >= 0))
    figure = _clickable(values, heat, "{}, {}: {:.2f}", told)
    figure.update_xaxes(title=column_title)
    figure.update_yaxes(title=row_title)
    return figure


def confusion(counts: pd.DataFrame) -> go.Figure:
    """What is taken for what; a click on a cell gives its row as y, its column as x.

    Colours are shares of a row, so that rare classes count like common ones.

    Args:
        counts: Pictures, one row a class they show, one column a class that was said.
    """
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    heat = go.Heatmap(z=shares, zmin=0, zmax=1, colorscale=UNSIGNED, showscale=False,
                      hoverinfo="skip")  # fmt: skip
    figure = _clickable(counts, heat, "{} taken for {}: {} pictures")
    figure.update_xaxes(title="said")
    figure.update_yaxes(title="shown", range=[len(counts) - 0.5, -0.5])
    return figure


def reliability_diagram(found: Reliability) -> go.Figure:
    """How often a network is right, by how sure it is (Guo et al. 2017, figure 1).

    Bars on the diagonal are honest, below it too sure; the fainter a bar, the fewer its pictures.
    """
    width = np.diff(found.edges)
    share = found.count / max(1, found.count.max())
    bars = go.Bar(
        x=found.edges[:-1] + width / 2, y=found.accuracy, width=width, name="right",
        marker={"color": PALETTE[0], "opacity": 0.25 + 0.75 * share},
        customdata=np.stack([found.confidence, found.count], axis=1),
        hovertemplate="sure: %{customdata[0]:.0%}, right: %{y:.0%}"
        " of %{customdata[1]} pictures<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(bars)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", line={"color": GREY, "dash": "dash"}
    )
    figure.update_layout(
        height=320, margin={"l": 0, "r": 0, "t": 28, "b": 0}, showlegend=False, dragmode=False,
        bargap=0, title=f"expected calibration error {found.ece:.1%}".replace("%", " %"),
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title="how sure", constrain="domain")
    figure.update_yaxes(range=[0, 1], tickformat=".0%", title="how often right")
    return figure


def mark_cell(figure: go.Figure, row: int, column: int) -> None:
    """Draw a frame about a cell of a heat map whose cells can be clicked."""
    figure.add_shape(
        type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
        line={"color": PALETTE[1], "width": 3},
    )  # fmt: skip


def accuracy_by_time(table: pd.DataFrame) -> go.Figure:
    """How often networks are right against how long they take; the larger, the more parameters.

    Args:
        table: One row a network, with columns "ms a picture", "accuracy" and "parameters".
    """
    figure = go.Figure()
    largest = table["parameters"].max()
    for (name, row), colour in zip(table.iterrows(), PALETTE, strict=False):
        figure.add_scatter(
            x=[row["ms a picture"]], y=[row["accuracy"]], name=str(name), mode="markers",
            # Areas, not widths, are as the figures are; a dot that is hardly there is no dot.
            marker={"color": colour, "size": 10 + 30 * (row["parameters"] / largest) ** 0.5},
            hovertemplate="%{x:.1f} ms, %{y:.1%}" + f"<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=340, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False, showlegend=True,
        legend={"orientation": "h", "y": -0.25, "itemsizing": "constant"},
    )  # fmt: skip
    figure.update_xaxes(title="ms a picture", rangemode="tozero")
    figure.update_yaxes(title="accuracy", tickformat=".0%")
    return figure


def _clickable(
    values: pd.DataFrame, heat: go.Heatmap, wording: str, more: pd.DataFrame | None = None
) -> go.Figure:
    """A heat map under invisible squares: Streamlit's charts let points be clicked, no cells.

    Args:
        values: The table.
        heat: Its cells.
        wording: Of what stands under the pointer: row, column, value.
        more: Text after it, for each cell.
    """
    rows, columns = (index.ravel() for index in np.indices(values.shape))
    told = [
        wording.format(row, column, value)
        for row, line in zip(values.index, values.to_numpy(), strict=True)
        for column, value in zip(values.columns, line, strict=True)
    ]
    if more is not None:
        told = [one + end for one, end in zip(told, more.to_numpy().ravel(), strict=True)]
    heat.update(x=np.arange(values.shape[1]), y=np.arange(values.shape[0]))
    figure = go.Figure(heat)
    figure.add_scatter(
        x=columns, y=rows, mode="markers", text=told, hoverinfo="text", showlegend=False,
        marker={"symbol": "square", "size": CELL, "color": "rgba(0,0,0,0)"},
    )  # fmt: skip
    height = min(HIGHEST, max(LOWEST, NAMES + CELL * len(values)))
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 8, "b": 0}, clickmode="event+select",
        # The middle that is nearest is that of the cell, however wide cells are.
        dragmode=False, hovermode="closest", hoverdistance=-1,
    )  # fmt: skip
    for update, names_of in (
        (figure.update_xaxes, values.columns), (figure.update_yaxes, values.index),
    ):  # fmt: skip
        update(range=[-0.5, len(names_of) - 0.5], tickvals=np.arange(len(names_of)),
               ticktext=list(names_of), showgrid=False,
               zeroline=False, automargin=True)  # fmt: skip
    return figure
