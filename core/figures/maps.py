"""Maps of points: dots or small pictures, coloured by category or by value."""

import base64
import io
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int
from PIL import Image

from core.figures.charts import PALETTE
from core.figures.escaping import escape_plotly
from core.figures.point_styles import (
    POINT_SIZE,
    frequent_categories,
    group_points,
    point_style,
)

# A map with up to this many points is drawn as SVG: it needs none of the few WebGL contexts that a
# browser shares among all the plots of a page (16 in Chromium), and it moves smoothly. Larger maps
# would take too long as SVG.
MAX_SVG_POINTS = 2000
# Side of a picture's frame and height of a map, in pixels.
FRAME_SIZE, MAP_HEIGHT = 28, 520
# Cells per side of the grid in which each cell may show one picture: as many frames fit side by
# side into a map.
GRID_CELLS = 17
FADED_OPACITY = 0.12
LONGEST_LINE = 20  # characters of a line of a name on a map

Colours = Sequence[str] | Float[np.ndarray, " n"] | None


def point_map(
    positions: Float[np.ndarray, "n 2"],
    colours: Colours = None,
    names: Sequence[str] = (),
    selected: Collection[int] = (),
    pictures: Mapping[int, Image.Image] | None = None,
    new_positions: Float[np.ndarray, "m 2"] | None = None,
    title: str = "",
    categories: Sequence[str] = (),
) -> go.Figure:
    """Plot a map of points. A click or a lasso returns each point's index as its custom data.

    Args:
        positions: Position of each point.
        colours: The category of each point, shown by colour and symbol (empty where unknown; 30
            categories are told apart), or a value for each point, shown on a perceptually uniform
            scale. None: all points look alike.
        names: Text that each point shows on hover. Empty: its index.
        selected: Indices of the points that stand out while the others fade. Empty: none fade.
        pictures: Pictures to show in place of points, by index (`non_overlapping` chooses some).
        new_positions: Positions of points added later. Their indices follow the others'.
        title: Title of the legend or the colour bar.
        categories: All categories with their own style, so that they look the same on several maps
            (`frequent_categories` of all maps). Empty: the most frequent ones of this map.
    """
    names = names or [str(index) for index in range(len(positions))]
    pictures = pictures or {}
    if colours is None or isinstance(colours, np.ndarray):
        groups = {"": list(range(len(positions)))}
    else:
        categories = list(categories) or frequent_categories(colours)
        groups = group_points(colours, categories)
    traces = [
        _point_settings(positions, indices, names, selected)
        | {
            "name": escape_plotly(category),
            "showlegend": bool(category),
            "marker": _marker(point_style(category, categories), indices, pictures),
        }
        for category, indices in groups.items()
    ]
    if isinstance(colours, np.ndarray):
        traces[0]["marker"] |= _value_colours(colours, title)
    scatter = go.Scatter if len(positions) <= MAX_SVG_POINTS else go.Scattergl
    figure = go.Figure([scatter(trace) for trace in traces])
    if new_positions is not None and len(new_positions):
        figure.add_trace(_star_trace(new_positions, len(positions)))
    for index, picture in pictures.items():
        faded = bool(selected) and index not in selected
        figure.add_layout_image(_layout_image(picture, positions, index, faded))
    return _set_layout(figure, title)


def non_overlapping(positions: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " k"]:
    """Choose points whose pictures hardly overlap on the map: at most one per cell of a grid.

    Returns:
        The indices of at most 289 points, in ascending order.
    """
    scaled = (positions - positions.min(axis=0)) * (GRID_CELLS / longer_side(positions))
    cells = np.minimum(scaled // 1, GRID_CELLS - 1)
    # Points near the middle of a cell come first, so that `unique` picks the most central ones.
    central_first = np.argsort(np.abs(scaled - cells - 0.5).max(axis=1), kind="stable")
    _, first = np.unique(cells[central_first], axis=0, return_index=True)
    return np.sort(central_first[first])


def label_categories(
    figure: go.Figure,
    positions: Float[np.ndarray, "n 2"],
    colours: Colours,
    categories: Sequence[str],
) -> None:
    """Write the name of each category on a map, above the points around its middle.

    Args:
        figure: The map (`point_map`).
        positions: Position of each point.
        colours: The category of each point; values have no names.
        categories: The categories that get a name.
    """
    if colours is None or isinstance(colours, np.ndarray):
        return
    for category, indices in group_points(colours, categories).items():
        if category not in categories:
            continue
        x, y = _above_the_middle(positions[indices])
        figure.add_annotation(
            x=x, y=y, text=_in_lines(category), showarrow=False, yanchor="bottom",
            yshift=POINT_SIZE / 2, borderpad=0, font={"size": 11, "color": "#1F2430"},
            bgcolor="rgba(255,255,255,0.7)",
        )  # fmt: skip


def _above_the_middle(positions: Float[np.ndarray, "n 2"]) -> tuple[float, float]:
    """Return the middle of some points, and the top of those that are not far from it."""
    middle = np.median(positions, axis=0)
    distances = np.linalg.norm(positions - middle, axis=1)
    near = positions[distances <= 2 * np.median(distances)]
    return float(middle[0]), float(near[:, 1].max())


def _in_lines(name: str) -> str:
    """Return a name in at most two lines that fit on a map, for Plotly."""
    first, *rest = textwrap.wrap(name, LONGEST_LINE) or [name]
    if len(rest) > 1:
        rest = [f"{rest[0][: LONGEST_LINE - 1]}…"]
    return "<br>".join(map(escape_plotly, [first, *rest]))


def _point_settings(
    positions: Float[np.ndarray, "n 2"],
    indices: Sequence[int],
    names: Sequence[str],
    selected: Collection[int],
) -> dict[str, Any]:
    """Return the positions, hover texts and selection of one trace's points."""
    places = [place for place, index in enumerate(indices) if index in selected]
    return {
        "x": positions[indices, 0],
        "y": positions[indices, 1],
        "customdata": indices,
        "text": [escape_plotly(names[index]) for index in indices],
        "hovertemplate": "%{text}<extra></extra>",
        "mode": "markers",
        "selectedpoints": places if selected else None,
        "unselected": {"marker": {"opacity": FADED_OPACITY}},
    }


def _marker(
    style: tuple[str, str], indices: Sequence[int], pictures: Mapping[int, Image.Image]
) -> dict[str, Any]:
    """Return the markers of one trace: dots, or an empty frame where a picture is shown."""
    colour, symbol = style
    framed = [index in pictures for index in indices]
    if not any(framed):
        return {"color": colour, "symbol": symbol, "size": POINT_SIZE, "line": {"width": 0}}
    return {
        "color": colour,
        "symbol": ["square-open" if frame else symbol for frame in framed],
        "size": [FRAME_SIZE if frame else POINT_SIZE for frame in framed],
        "line": {"width": [2 if frame else 0 for frame in framed]},
    }


def _value_colours(values: Float[np.ndarray, " n"], title: str) -> dict[str, Any]:
    """Return the marker settings that colour points by value, with a colour bar."""
    return {
        "color": values,
        "colorscale": "Viridis",
        "colorbar": {"title": escape_plotly(title), "thickness": 12},
    }


def _star_trace(positions: Float[np.ndarray, "m 2"], first_index: int) -> go.Scatter:
    """Return the trace of the points that were added later."""
    return go.Scatter(
        x=positions[:, 0], y=positions[:, 1], mode="markers", name="new",
        customdata=list(range(first_index, first_index + len(positions))),
        marker={"symbol": "star", "size": 2 * POINT_SIZE, "color": PALETTE[1],
                "line": {"width": 1, "color": "white"}},
        hovertemplate="new<extra></extra>",
    )  # fmt: skip


def _layout_image(
    picture: Image.Image, positions: Float[np.ndarray, "n 2"], index: int, faded: bool
) -> dict[str, Any]:
    """Return a small picture at a point, which fills the point's frame until the user zooms."""
    small = picture.convert("RGB")
    small.thumbnail((2 * FRAME_SIZE, 2 * FRAME_SIZE))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    side = longer_side(positions) * FRAME_SIZE / MAP_HEIGHT
    return {
        "source": f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}",
        "x": float(positions[index, 0]), "y": float(positions[index, 1]), "xref": "x", "yref": "y",
        "sizex": side, "sizey": side, "xanchor": "center", "yanchor": "middle", "layer": "above",
        "opacity": FADED_OPACITY if faded else 1.0,
    }  # fmt: skip


def longer_side(positions: Float[np.ndarray, "n 2"]) -> float:
    """Return the longer side of the points' bounding box, or 1 if all points coincide."""
    return float(np.ptp(positions, axis=0).max()) or 1.0


def _set_layout(figure: go.Figure, title: str) -> go.Figure:
    """Set the height, the legend and the axes of a map."""
    figure.update_layout(
        height=MAP_HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode="lasso",
        legend={"title": escape_plotly(title), "itemsizing": "constant"}, uirevision="map",
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    # Equal scales on both axes: distances are comparable in every direction.
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    return figure
