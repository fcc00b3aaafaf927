"""The units of a layer that a picture excites most, and where in the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from core import probe
from core.arguments import require_count
from core.images import Box
from core.layers import UnknownLayer, find_layers
from core.zoo import Model

# Least distance between the places of two units, as a share of the picture's side: further units
# should show other places while there are some.
LEAST_DISTANCE = 0.15
# Least share of the picture's side that a crop shows: fewer pixels show no pattern.
LEAST_SIDE = 0.12


@dataclass(frozen=True)
class StrongUnits:
    """The units of a layer that a picture excites most, strongest first.

    Attributes:
        units: Their indices.
        strengths: How many standard deviations each unit's maximum lies above its mean over all
            positions of the picture.
        places: Row and column of each maximum on the layer's grid.
        grid: Height and width of the layer's maps.
    """

    units: Int[np.ndarray, " k"]
    strengths: Float[np.ndarray, " k"]
    places: Int[np.ndarray, "k 2"]
    grid: tuple[int, int]


def strongest_units(
    m: Model, img: Image.Image, names: Sequence[str], count: int, among: int
) -> dict[str, StrongUnits]:
    """Return the units that a picture excites most, by layer.

    Channels of a layer have different scales, so a unit's maximum is compared with its own mean
    and standard deviation over the positions of this picture. The next unit is the strongest one
    whose maximum lies elsewhere in the picture, if it is at least half as strong as the strongest
    unit that remains.

    Args:
        m: The network.
        img: The picture.
        names: Layers with positions.
        count: Number of units of each layer.
        among: Number of channels to choose from, the first ones.

    Raises:
        UnknownLayer: No such layer, or it has no positions.
        BadArgument: A number is less than 1.
    """
    require_count("count", count)
    require_count("among", among)
    for layer in find_layers(m.layers, names):
        if len(layer.shape) != 3:
            raise UnknownLayer(f"{layer.name} has no positions; choose a layer before the pooling.")
    activations = probe.read(m, m.preprocess([img]), names)
    return {
        name: choose_units(maps[0, :among].float().cpu().numpy(), count)
        for name, maps in activations.items()
    }


def choose_units(maps: Float[np.ndarray, "c h w"], count: int) -> StrongUnits:
    """Return the units of these maps with the strongest maxima. See `strongest_units`."""
    channels, height, width = maps.shape
    flat = maps.reshape(channels, -1).astype(np.float64)
    above_mean = flat.max(1) - flat.mean(1)
    strengths = above_mean / np.maximum(flat.std(1), 1e-12)  # 0 for a constant map
    places = np.stack(np.unravel_index(flat.argmax(1), (height, width)), axis=1)
    shares = (places + 0.5) / (height, width)
    order = np.argsort(-strengths, kind="stable").tolist()
    chosen: list[int] = []
    while order and len(chosen) < count:
        apart = (
            unit
            for unit in order
            if strengths[unit] >= strengths[order[0]] / 2
            and _is_apart(shares[unit], shares[chosen])
        )
        chosen.append(next(apart, order[0]))
        order.remove(chosen[-1])
    return StrongUnits(
        np.array(chosen, np.int64),
        strengths[chosen].astype(np.float32),
        places[chosen].astype(np.int64),
        (height, width),
    )


def box_around(
    place: Sequence[int], grid: tuple[int, int], size: tuple[int, int], field: float
) -> Box:
    """Return the part of a picture that a unit sees around a place, moved into the picture.

    Args:
        place: Row and column on the layer's grid.
        grid: Height and width of the layer's maps.
        size: Width and height of the picture as the network sees it, in pixels.
        field: Side of the layer's receptive field in pixels.

    Returns:
        Left, top, right and bottom in pixels.
    """
    width, height = size
    side = min(max(field, LEAST_SIDE * width), width, height)
    y, x = (place[0] + 0.5) * height / grid[0], (place[1] + 0.5) * width / grid[1]
    left, top = min(max(x - side / 2, 0), width - side), min(max(y - side / 2, 0), height - side)
    return left, top, left + side, top + side


def _is_apart(place: Float[np.ndarray, "2"], others: Float[np.ndarray, "k 2"]) -> bool:
    return bool((np.abs(others - place).max(axis=1, initial=0) >= LEAST_DISTANCE).all())
