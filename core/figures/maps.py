"""Maps of points: dots or small pictures, coloured by what is known of them."""

import base64
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int
from PIL import Image

from core.figures.charts import PALETTE
from core.figures.looks import DOT, LOOKS, by_kind, look, most_frequent

# Up to so many points a map is drawn as SVG: it needs none of the few WebGL contexts that a
# browser gives all the plots of a page (16 in Chromium), and it moves smoothly. More take too long.
MOST_SVG = 2000
FRAME, HEIGHT = 28, 520
# Cells a side of the grid in which one picture each may stand: as many frames fit into a map.
CELLS = 17
FADED = 0.12


Colours = Sequence[str] | Float[np.ndarray, " n"] | None


def point_map(
    positions: Float[np.ndarray, "n 2"],
    colours: Colours = None,
    names: Sequence[str] = (),
    chosen: Collection[int] = (),
    pictures: Mapping[int, Image.Image] | None = None,
    added: Float[np.ndarray, "m 2"] | None = None,
    title: str = "",
    kinds: Sequence[str] = (),
) -> go.Figure:
    """A map; the custom data of each point is its number, which a click or a lasso brings.

    Args:
        positions: Where the points lie.
        colours: A kind for each point, told by colour and symbol (the most frequent 30 of them;
            empty where not known), or a value for each, on a scale that is even to the eye.
        names: What a point says of itself; its number where empty.
        chosen: Points that stand out while the others fade; all alike where empty.
        pictures: Shown in place of the dot, by the number of the point (`spread_out` says which).
        added: Points that were placed later; their numbers go on after the others'.
        title: Of the colours.
        kinds: Those told apart, so that they look the same on several maps; by what is on this one
            where empty (`most_frequent` of all gives them).
    """
    names = names or [str(index) for index in range(len(positions))]
    shown = pictures or {}
    if colours is None or isinstance(colours, np.ndarray):
        groups = {"": list(range(len(positions)))}
    else:
        kinds = list(kinds) or most_frequent(colours)
        groups = by_kind(colours, kinds)
    traces = [
        _points(positions, rows, names, chosen, shown)
        | {"name": kind, "showlegend": bool(kind), "marker": _marker(kind, kinds, rows, shown)}
        for kind, rows in groups.items()
    ]
    if isinstance(colours, np.ndarray):
        traces[0]["marker"] |= _scale(colours, title)
    figure = go.Figure([_trace(trace, len(positions)) for trace in traces])
    if added is not None and len(added):
        figure.add_trace(_stars(added, len(positions)))
    for index, picture in shown.items():
        faded = bool(chosen) and index not in chosen
        figure.add_layout_image(_image(picture, positions, index, faded))
    return _framed(figure, title)


def spread_out(positions: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " k"]:
    """Points whose pictures can stand on the map and hardly cover each other: one a place.

    Returns:
        289 at most, in order.
    """
    places = (positions - positions.min(axis=0)) * (CELLS / _span(positions))
    cells = np.minimum(places // 1, CELLS - 1)
    central = np.argsort(np.abs(places - cells - 0.5).max(axis=1), kind="stable")
    _, first = np.unique(cells[central], axis=0, return_index=True)
    return np.sort(central[first])


def staged_map(
    stages: Mapping[str, Float[np.ndarray, "n 2"]],
    colours: Colours = None,
    names: Sequence[str] = (),
    title: str = "",
) -> go.Figure:
    """Maps of the same points at each stage, with a slider along which they move.

    Args:
        stages: Maps by name, in order, laid over each other; at least one.
        colours: As `point_map` has them, as the rest.
        names: Of the points.
        title: Of the colours.
    """
    maps = {stage: point_map(one, colours, names, title=title) for stage, one in stages.items()}
    first = next(iter(maps.values()))
    figure = go.Figure(
        data=first.data,
        layout=first.layout,
        frames=[go.Frame(name=stage, data=one.data) for stage, one in maps.items()],
    )
    move = {"mode": "immediate", "frame": {"duration": 800, "redraw": False},
            "transition": {"duration": 700, "easing": "cubic-in-out"}}  # fmt: skip
    steps = [{"label": stage, "method": "animate", "args": [[stage], move]} for stage in stages]
    every = np.concatenate(list(stages.values()))
    low, high = every.min(axis=0), every.max(axis=0)
    edge = 0.05 * _span(every)
    figure.update_layout(
        sliders=[{"steps": steps, "pad": {"t": 8}}], margin={"l": 24, "r": 0, "t": 8, "b": 40}
    )
    figure.update_xaxes(range=[low[0] - edge, high[0] + edge])
    figure.update_yaxes(range=[low[1] - edge, high[1] + edge])
    return figure


def purity_curves(lines: Mapping[str, Mapping[str, tuple[float, float]]]) -> go.Figure:
    """How order appears with depth: a line for each network, a mark for each layer.

    Args:
        lines: By network, then by layer: depth and purity, both 0 to 1.
    """
    figure = go.Figure()
    for (colour, symbol), (network, layers) in zip(LOOKS, lines.items(), strict=False):
        figure.add_scatter(
            x=[depth for depth, _ in layers.values()], y=[pure for _, pure in layers.values()],
            text=list(layers), name=network, mode="lines+markers", line_color=colour,
            marker={"symbol": symbol, "size": DOT + 2},
            hovertemplate="%{text}: %{y:.2f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        xaxis={"title": "depth", "range": [-0.02, 1.02], "tickformat": ".0%"},
        yaxis={"title": "class purity", "range": [0, 1.02]},
        legend={"orientation": "h", "y": 1.15},
    )  # fmt: skip
    return figure


def _points(
    positions: Float[np.ndarray, "n 2"],
    rows: Sequence[int],
    names: Sequence[str],
    chosen: Collection[int],
    shown: Mapping[int, Image.Image],
) -> dict[str, Any]:
    return {
        "x": positions[rows, 0],
        "y": positions[rows, 1],
        "customdata": rows,
        "text": [names[row] for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "mode": "markers",
        "selectedpoints": [at for at, row in enumerate(rows) if row in chosen] if chosen else None,
        "unselected": {"marker": {"opacity": FADED}},
    }


def _marker(
    kind: str, kinds: Sequence[str], rows: Sequence[int], shown: Mapping[int, Image.Image]
) -> dict[str, Any]:
    """How a kind looks; where a picture stands, its frame."""
    colour, symbol = look(kind, kinds)
    framed = [row in shown for row in rows]
    return {
        "color": colour,
        "symbol": ["square-open" if one else symbol for one in framed] if any(framed) else symbol,
        "size": [FRAME if one else DOT for one in framed] if any(framed) else DOT,
        "line": {"width": [2 if one else 0 for one in framed] if any(framed) else 0},
    }


def _scale(values: Float[np.ndarray, " n"], title: str) -> dict[str, Any]:
    return {"color": values, "colorscale": "Viridis", "colorbar": {"title": title, "thickness": 12}}


def _trace(settings: dict[str, Any], count: int) -> go.Scatter | go.Scattergl:
    return go.Scatter(settings) if count <= MOST_SVG else go.Scattergl(settings)


def _stars(added: Float[np.ndarray, "m 2"], first: int) -> go.Scatter:
    return go.Scatter(
        x=added[:, 0], y=added[:, 1], mode="markers", name="new",
        customdata=list(range(first, first + len(added))),
        marker={"symbol": "star", "size": 2 * DOT, "color": PALETTE[1],
                "line": {"width": 1, "color": "white"}},
        hovertemplate="new<extra></extra>",
    )  # fmt: skip


def _image(
    picture: Image.Image, positions: Float[np.ndarray, "n 2"], index: int, faded: bool
) -> dict[str, Any]:
    """A small picture that fills its frame while nobody zooms."""
    small = picture.convert("RGB")
    small.thumbnail((2 * FRAME, 2 * FRAME))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    side = _span(positions) * FRAME / HEIGHT
    return {
        "source": f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}",
        "x": float(positions[index, 0]), "y": float(positions[index, 1]), "xref": "x", "yref": "y",
        "sizex": side, "sizey": side, "xanchor": "center", "yanchor": "middle", "layer": "above",
        "opacity": FADED if faded else 1.0,
    }  # fmt: skip


def _span(positions: Float[np.ndarray, "n 2"]) -> float:
    """The longer side of what the points take; 1 where that is nothing."""
    return float(np.ptp(positions, axis=0).max()) or 1.0


def _framed(figure: go.Figure, title: str) -> go.Figure:
    figure.update_layout(
        height=HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode="lasso",
        legend={"title": title, "itemsizing": "constant"}, uirevision="map",
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    # A distance is as long one way as the other: turning a map changes nothing.
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    return figure
