"""Small pictures in a square, with grey in the place of those that are missing."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

# Side of the square and distance between its tiles, in pixels: sharp at twice the usual density.
SIDE, GAP = 320, 8
# Grey of a tile that is missing, visible on light and dark backgrounds.
MISSING = (128, 136, 144, 70)


def square_of_tiles(
    tiles: Sequence[Image.Image | np.ndarray | None],
    columns: int,
    sharp_pixels: bool = False,
) -> Image.Image:
    """Draw pictures in rows, as many rows as columns.

    Args:
        tiles: The pictures, row by row, uint8 (h, w, 3) where they are arrays; None for those that
            are missing. What does not fit is left out, and missing places are grey.
        columns: Number of tiles in a row.
        sharp_pixels: Whether enlarged pixels stay squares.
    """
    square = Image.new("RGBA", (SIDE, SIDE))
    side = (SIDE - GAP * (columns - 1)) / columns
    for index in range(columns**2):
        top, left = (round(place * (side + GAP)) for place in divmod(index, columns))
        tile = tiles[index] if index < len(tiles) else None
        size = math.floor(side)
        square.paste(_tile(tile, size, sharp_pixels), (left, top))
    return square


def above_below(above: Image.Image, below: Image.Image) -> Image.Image:
    """Draw two pictures of one size as one, so that they stay together on a narrow page."""
    pair = Image.new("RGBA", (above.width, above.height + GAP + below.height))
    pair.paste(above.convert("RGBA"), (0, 0))
    pair.paste(below.convert("RGBA"), (0, above.height + GAP))
    return pair


def _tile(tile: Image.Image | np.ndarray | None, size: int, sharp_pixels: bool) -> Image.Image:
    if tile is None:
        return Image.new("RGBA", (size, size), MISSING)
    picture = tile if isinstance(tile, Image.Image) else Image.fromarray(tile)
    resampling = Image.Resampling.NEAREST if sharp_pixels else Image.Resampling.BICUBIC
    return picture.convert("RGBA").resize((size, size), resampling)
