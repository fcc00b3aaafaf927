"""Maps → colours: beside each other, laid over a picture, or as a figure with a colour bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from PIL import Image
from plotly.colors import sample_colorscale

from core.images import Box

# Viridis is perceptual (Smith and van der Walt 2015); red and blue are told apart by the
# colour-blind too (ColorBrewer). Blue speaks against the class.
UNSIGNED, SIGNED = "Viridis", "RdBu_r"
# Share of the pixels that are shown at the end of the scale: gradients have a few far beyond.
BEYOND = 0.005

Map = Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Scale:
    """How a map's values become colours.

    Attributes:
        top: Value of the last colour.
        signed: It goes from `-top` to `top` and not from 0.
    """

    top: float
    signed: bool

    @property
    def name(self) -> str:
        """Plotly's name of the colours."""
        return SIGNED if self.signed else UNSIGNED

    def shares(self, one: Map) -> Float[np.ndarray, "h w"]:
        """Where each value lies on the scale, 0 to 1."""
        low = -self.top if self.signed else 0.0
        return ((one - low) / max(self.top - low, 1e-30)).clip(0, 1)


def scale_of(maps: list[Map], signed: bool) -> Scale:
    """One scale for some maps: up to what few pixels exceed in the strongest of them."""
    sizes = [np.abs(one) for one in maps]
    top = max(float(np.quantile(one, 1 - BEYOND)) for one in sizes)
    return Scale(top or max(float(one.max()) for one in sizes) or 1.0, signed)


def overlay(img: Image.Image, one: Map, scale: Scale, opacity: float = 0.6) -> Image.Image:
    """A map's colours laid over the picture in grey; at opacity 1 the map alone.

    Args:
        img: What lies under it, (w, h); the map is enlarged to it.
        one: The map.
        scale: Of its colours.
        opacity: Of the colours, 0 to 1.
    """
    shades = (scale.shares(one) * 255).round().astype(np.uint8)
    colours = Image.fromarray(_table(scale.name)[shades]).resize(
        img.size, Image.Resampling.BILINEAR
    )
    return Image.blend(img.convert("L").convert("RGB"), colours, opacity)


def figure(img: Image.Image, one: Map, scale: Scale, opacity: float = 0.6) -> go.Figure:
    """The same, large, with a colour bar and the values under the pointer."""
    height, width = one.shape
    low = -scale.top if scale.signed else 0.0
    heat = go.Heatmap(
        z=one,
        zmin=low,
        zmax=scale.top,
        colorscale=scale.name,
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


def common(boxes: Sequence[Box], size: tuple[int, int]) -> Box:
    """What of a picture all networks saw.

    Args:
        boxes: Where each one's input grid lies on the picture (`images.crop_box`).
        size: Width and height of the picture.
    """
    lefts, tops, rights, bottoms = zip(*boxes, (0, 0, *size), strict=True)
    return max(lefts), max(tops), min(rights), min(bottoms)


def placed(one: Map, box: Box, window: Box, side: int = 224) -> Float[np.ndarray, "y x"]:
    """A map's part within a window of the picture, so that networks that crop otherwise compare.

    Args:
        one: On a model's input grid.
        box: Where that lies on the picture.
        window: A part of the box.
        side: Of the result's longer side, in pixels.
    """
    across, down = one.shape[1] / (box[2] - box[0]), one.shape[0] / (box[3] - box[1])
    scale = side / max(window[2] - window[0], window[3] - window[1])
    wanted = (
        max(1, round((window[2] - window[0]) * scale)),
        max(1, round((window[3] - window[1]) * scale)),
    )
    part = (
        max(0.0, (window[0] - box[0]) * across),
        max(0.0, (window[1] - box[1]) * down),
        min(float(one.shape[1]), (window[2] - box[0]) * across),
        min(float(one.shape[0]), (window[3] - box[1]) * down),
    )
    sheet = Image.fromarray(one.astype(np.float32))
    return np.asarray(sheet.resize(wanted, Image.Resampling.BILINEAR, box=part))


def relative(one: Map) -> Map:
    """A map in shares of its strongest value, so that those of two networks compare."""
    return one / max(float(np.abs(one).max()), 1e-30)


def strip(maps: Float[np.ndarray, "n h w"], side: int = 96, gap: int = 4) -> Image.Image:
    """Maps beside each other, in one scale from the lowest value to the highest.

    Args:
        maps: Any values.
        side: Of each, in pixels.
        gap: Between them.
    """
    values = maps.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    shades = ((values - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    row = Image.new("RGBA", (len(maps) * (side + gap) - gap, side))
    for index, pixels in enumerate(_table(UNSIGNED)[shades]):
        tile = Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)
        row.paste(tile, (index * (side + gap), 0))
    return row


@cache
def _table(name: str) -> np.ndarray:
    """A scale as a table of 256 colours, (256, 3), uint8."""
    colours = sample_colorscale(name, np.linspace(0, 1, 256), colortype="tuple")
    return (np.array(colours) * 255).round().astype(np.uint8)
