"""An area of a picture: a grid of cells, marked by hand or taken from a heat map."""

import base64
import binascii

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from core.errors import ZooscopeError
from core.images import Box

# Cells along each side of the grid that lies over the whole picture.
CELLS = 32
# A map is drawn on a canvas this many times as fine as the grid before its cells are averaged.
FINER = 8

Cells = Bool[np.ndarray, "32 32"]


class BadArea(ZooscopeError):
    """A text does not describe an area; the message says how to mark one."""


def area_text(cells: Cells) -> str:
    """Return cells as a text of 171 characters that a URL can hold; empty where none is marked."""
    if not cells.any():
        return ""
    return base64.urlsafe_b64encode(np.packbits(cells).tobytes()).decode().rstrip("=")


def area_cells(text: str) -> Cells:
    """Return the cells of a text that `area_text` made.

    Raises:
        BadArea: It did not make this text.
    """
    if not text:
        return np.zeros((CELLS, CELLS), bool)
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) * 8 != CELLS * CELLS:
        raise BadArea("The link does not describe an area of the picture. Mark it again.")
    return np.unpackbits(np.frombuffer(data, np.uint8)).reshape(CELLS, CELLS).astype(bool)


def strongest_cells(
    values: Float[np.ndarray, "h w"], box: Box, size: tuple[int, int], share: float
) -> Cells:
    """Return the cells where a heat map is strongest.

    Args:
        values: The map, on the network's crop of the picture.
        box: Where the crop lies in the picture, in pixels: left, top, right and bottom.
        size: Width and height of the picture in pixels.
        share: Share of the crop's cells to return, 0 to 1.
    """
    side = CELLS * FINER
    left, right = (round(value / size[0] * side) for value in (box[0], box[2]))
    top, bottom = (round(value / size[1] * side) for value in (box[1], box[3]))
    lowest = float(values.min()) - 1  # below every value of the map: outside the crop
    canvas = Image.new("F", (side, side), lowest)
    heat = Image.fromarray(values.astype(np.float32))
    crop_size = max(1, right - left), max(1, bottom - top)
    canvas.paste(heat.resize(crop_size, Image.Resampling.BILINEAR), (left, top))
    cells = np.asarray(canvas).reshape(CELLS, FINER, CELLS, FINER).mean((1, 3))
    count = round(share * np.count_nonzero(cells > lowest))
    order = np.argsort(-cells, axis=None, kind="stable")[:count]
    marked = np.zeros(CELLS * CELLS, bool)
    marked[order] = True
    return marked.reshape(CELLS, CELLS)


def mask(cells: Cells, size: tuple[int, int]) -> Float[np.ndarray, "h w 1"]:
    """Return 1 inside the marked cells and 0 outside, with edges as soft as a cell is wide.

    Args:
        cells: The cells.
        size: Width and height in pixels.
    """
    grid = Image.fromarray(cells.astype(np.uint8) * 255)
    return np.asarray(grid.resize(size, Image.Resampling.BILINEAR), np.float64)[..., None] / 255
