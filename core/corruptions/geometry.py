"""Changes of position: the object turns, becomes smaller, leaves the frame, or is covered.

What comes into view is the mean colour of the picture.
"""

import numpy as np
from PIL import Image

from core.corruptions.dial import Colours, dial, to_picture

GROUP, SOURCE = "Position", "Zooscope"


@dial("Rotation", GROUP, SOURCE, (10, 20, 45, 90, 180), ("10°", "20°", "45°", "90°", "180°"))
def rotation(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Turn the picture around its middle."""
    turned = to_picture(x).rotate(value, Image.Resampling.BICUBIC, fillcolor=_mean_colour(x))
    return np.asarray(turned, np.float64) / 255


@dial("Size", GROUP, SOURCE, (0.8, 0.6, 0.45, 0.3, 0.2), ("80 %", "60 %", "45 %", "30 %", "20 %"))
def size(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Make the picture smaller, in the middle of an even area."""
    side = round(x.shape[0] * value)
    small = to_picture(x).resize((side, side), Image.Resampling.LANCZOS)
    start = (x.shape[0] - side) // 2
    changed = np.broadcast_to(x.mean((0, 1)), x.shape).copy()
    changed[start : start + side, start : start + side] = np.asarray(small, np.float64) / 255
    return changed


@dial("Shift", GROUP, SOURCE, (0.1, 0.2, 0.3, 0.4, 0.5), ("10 %", "20 %", "30 %", "40 %", "50 %"))
def shift(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Move the picture to the right by a share of its width."""
    pixels = round(x.shape[1] * value)
    changed = np.broadcast_to(x.mean((0, 1)), x.shape).copy()
    changed[:, pixels:] = x[:, : x.shape[1] - pixels]
    return changed


@dial(
    "Covered", GROUP, SOURCE, (0.04, 0.1, 0.2, 0.35, 0.5), ("4 %", "10 %", "20 %", "35 %", "50 %")
)
def covered(x: Colours, value: float, random: np.random.Generator) -> Colours:
    """Cover a square in the middle, a share of the picture's area."""
    side = round(x.shape[0] * value**0.5)
    start = (x.shape[0] - side) // 2
    changed = x.copy()
    changed[start : start + side, start : start + side] = x.mean((0, 1))
    return changed


def _mean_colour(x: Colours) -> tuple[int, int, int]:
    red, green, blue = (round(255 * float(mean)) for mean in x.mean((0, 1)))
    return red, green, blue
