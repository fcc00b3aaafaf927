"""Convert arrays to colours: heat maps over a picture, in a row, or as a plot with a colour bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from PIL import Image
from plotly.colors import sample_colorscale

from core.images import Box

# Viridis is perceptually uniform (Smith and van der Walt 2015). Red and blue are distinct to
# colour-blind readers too (ColorBrewer); blue is evidence against the class.
SEQUENTIAL, DIVERGING = "Viridis", "RdBu_r"
# Share of the pixels that may exceed the scale: gradients have a few values far above the rest.
CLIPPED_SHARE = 0.005

Map = Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Scale:
    """A colour scale for the values of a map.

    Attributes:
        maximum: The value of the last colour.
        signed: Whether the scale starts at `-maximum` rather than at 0.
    """

    maximum: float
    signed: bool

    @property
    def minimum(self) -> float:
        """The value of the first colour."""
        return -self.maximum if self.signed else 0.0

    @property
    def colorscale(self) -> str:
        """Plotly's name of the colour scale."""
        return DIVERGING if self.signed else SEQUENTIAL

    def normalise(self, values: Map) -> Float[np.ndarray, "h w"]:
        """Return the position of each value on the scale, clipped to 0 to 1."""
        length = max(self.maximum - self.minimum, 1e-30)
        return ((values - self.minimum) / length).clip(0, 1)


def fit_scale(maps: list[Map], signed: bool) -> Scale:
    """Return one colour scale that fits several maps.

    It ends at the value that 0.5 % of the pixels of the strongest map exceed.
    """
    sizes = [np.abs(values) for values in maps]
    maximum = max(float(np.quantile(size, 1 - CLIPPED_SHARE)) for size in sizes)
    return Scale(maximum or max(float(size.max()) for size in sizes) or 1.0, signed)


def overlay(img: Image.Image, values: Map, scale: Scale, opacity: float = 0.6) -> Image.Image:
    """Blend a map's colours with the picture in grey.

    Args:
        img: The picture, (w, h); the map is resized to it.
        values: The map.
        scale: The colour scale.
        opacity: Opacity of the colours, 0 to 1; at 1 only the map is visible.
    """
    shades = (scale.normalise(values) * 255).round().astype(np.uint8)
    colours = Image.fromarray(_colour_table(scale.colorscale)[shades]).resize(
        img.size, Image.Resampling.BILINEAR
    )
    return Image.blend(img.convert("L").convert("RGB"), colours, opacity)


def figure(img: Image.Image, values: Map, scale: Scale, opacity: float = 0.6) -> go.Figure:
    """Plot a map over the picture in grey, with a colour bar and the values on hover.

    Args:
        img: The picture, stretched to the map.
        values: The map.
        scale: The colour scale.
        opacity: Opacity of the colours, 0 to 1.
    """
    height, width = values.shape
    heat = go.Heatmap(
        z=values,
        zmin=scale.minimum,
        zmax=scale.maximum,
        colorscale=scale.colorscale,
        opacity=opacity,
        colorbar={"thickness": 12, "len": 0.9, "exponentformat": "power"},
        hovertemplate="column %{x}, row %{y}: %{z:.3g}<extra></extra>",
    )
    chart = go.Figure(heat)
    chart.add_layout_image(
        source=img.convert("L").convert("RGB"), x=-0.5, y=-0.5, sizex=width, sizey=height,
        xref="x", yref="y", sizing="stretch", layer="below",
    )  # fmt: skip
    chart.update_layout(margin=dict.fromkeys("lrtb", 0), height=420, dragmode=False)
    chart.update_xaxes(visible=False, range=[-0.5, width - 0.5], constrain="domain")
    chart.update_yaxes(
        visible=False, range=[height - 0.5, -0.5], scaleanchor="x", constrain="domain"
    )
    return chart


def common_box(boxes: Sequence[Box], size: tuple[int, int]) -> Box:
    """Return the part of a picture that all networks see.

    Args:
        boxes: The position of each network's input grid on the picture (`images.crop_box`).
        size: Width and height of the picture.
    """
    lefts, tops, rights, bottoms = zip(*boxes, (0, 0, *size), strict=True)
    return max(lefts), max(tops), min(rights), min(bottoms)


def crop_map(values: Map, box: Box, window: Box, side: int = 224) -> Float[np.ndarray, "y x"]:
    """Cut out the part of a map that shows a window of the picture, and resize it.

    Maps of networks that crop pictures differently become comparable in the same window.

    Args:
        values: The map, on a network's input grid.
        box: The position of the input grid on the picture.
        window: A part of the box.
        side: Length of the result's longer side, in pixels.
    """
    height, width = values.shape
    x_scale, y_scale = width / (box[2] - box[0]), height / (box[3] - box[1])
    window_width, window_height = window[2] - window[0], window[3] - window[1]
    scale = side / max(window_width, window_height)
    size = max(1, round(window_width * scale)), max(1, round(window_height * scale))
    part = (
        max(0.0, (window[0] - box[0]) * x_scale),
        max(0.0, (window[1] - box[1]) * y_scale),
        min(float(width), (window[2] - box[0]) * x_scale),
        min(float(height), (window[3] - box[1]) * y_scale),
    )
    picture = Image.fromarray(values.astype(np.float32))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=part))


def divide_by_peak(values: Map) -> Map:
    """Divide a map by its largest absolute value, so that maps of two networks are comparable."""
    return values / max(float(np.abs(values).max()), 1e-30)


def map_row(maps: Float[np.ndarray, "n h w"], side: int = 96, gap: int = 4) -> Image.Image:
    """Draw maps side by side, on one colour scale from the lowest to the highest value.

    Args:
        maps: Any values.
        side: Side of each map, in pixels.
        gap: Distance between them, in pixels.
    """
    values = maps.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    shades = ((values - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    row = Image.new("RGBA", (len(maps) * (side + gap) - gap, side))
    for index, pixels in enumerate(_colour_table(SEQUENTIAL)[shades]):
        tile = Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)
        row.paste(tile, (index * (side + gap), 0))
    return row


@cache
def _colour_table(colorscale: str) -> np.ndarray:
    """Return a colour scale as a table of 256 colours, (256, 3), uint8."""
    colours = sample_colorscale(colorscale, np.linspace(0, 1, 256), colortype="tuple")
    return (np.array(colours) * 255).round().astype(np.uint8)
