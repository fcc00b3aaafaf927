"""What lies behind an object: ground, far side, and decoys of parts that belong to nothing."""

import math

import torch
from torch import Tensor

from core.scenes import shapes
from core.scenes.dice import Dice
from core.scenes.factors import BACKGROUNDS
from core.scenes.textures import NAMES, colours, hsv, sampled

DECOYS = 3

# For each background its ground and its far side: tile, tiles across the frame, and two colours as
# hue, saturation, value.
GROUNDS = {
    "grass": ("fur", 2.0, (0.27, 0.65, 0.22), (0.24, 0.6, 0.62)),
    "snow": ("clouds", 1.0, (0.6, 0.18, 0.72), (0.58, 0.04, 0.98)),
    "sand": ("ripples", 1.3, (0.1, 0.5, 0.6), (0.12, 0.35, 0.93)),
    "sky": ("clouds", 0.8, (0.58, 0.6, 0.7), (0.56, 0.12, 0.98)),
    "street": ("pebbles", 2.5, (0.6, 0.05, 0.25), (0.6, 0.05, 0.48)),
    "room": ("wood", 1.4, (0.07, 0.65, 0.3), (0.09, 0.55, 0.65)),
    "clutter": ("leaves", 1.0, (0.3, 0.6, 0.15), (0.1, 0.6, 0.95)),
}
FAR_SIDES = {
    "grass": ("leaves", 1.8, (0.3, 0.5, 0.18), (0.26, 0.45, 0.5)),
    "snow": ("clouds", 0.7, (0.6, 0.15, 0.6), (0.6, 0.05, 0.9)),
    "sand": ("clouds", 0.6, (0.56, 0.45, 0.75), (0.55, 0.15, 0.98)),
    "sky": ("clouds", 0.8, (0.58, 0.6, 0.7), (0.56, 0.12, 0.98)),
    "street": ("panes", 0.9, (0.6, 0.3, 0.18), (0.08, 0.3, 0.7)),
    "room": ("stripes", 1.0, (0.12, 0.25, 0.7), (0.1, 0.15, 0.9)),
    "clutter": ("leaves", 1.0, (0.6, 0.6, 0.2), (0.05, 0.6, 0.9)),
}


def backdrop(dice: Dice, which: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Ground and far side of each scene.

    Args:
        dice: The scenes' random numbers.
        which: Index into BACKGROUNDS, (n,).
        x: Across the frame, -1 to 1, (n, h, w).
        y: Down, likewise.

    Returns:
        Colours, (n, 3, h, w).
    """
    tint = (dice.uniform(-0.04, 0.04), dice.uniform(0.6, 1.3), dice.uniform(0.75, 1.1))
    horizon = dice.uniform(-0.55, 0.35)
    near = _surface(dice, GROUNDS, which, x, y, tint)
    far = _surface(dice, FAR_SIDES, which, x, y, tint)
    # The far side of a clutter or a sky is more of the same, without a line.
    line = (which != BACKGROUNDS.index("sky")) & (which != BACKGROUNDS.index("clutter"))
    share = ((horizon - y) * 30).clamp(0, 1) * line[:, None, None]
    return torch.lerp(near, far, share[:, None])


def _surface(dice: Dice, table: dict, which: Tensor, x: Tensor, y: Tensor, tint: tuple) -> Tensor:
    rows = [table[BACKGROUNDS[index]] for index in which.tolist()]
    tile = torch.tensor([NAMES.index(row[0]) for row in rows])
    across = torch.tensor([row[1] for row in rows])[:, None, None] * 0.5 * dice.uniform(0.7, 1.3)
    low, high = (torch.tensor([row[k] for row in rows])[:, :, None, None] for k in (2, 3))
    texture = sampled(tile, x * across + dice.uniform(), y * across + dice.uniform())
    hue, saturation, value = tint
    dark, light = (
        hsv(
            tone[:, 0] + hue,
            (tone[:, 1] * saturation).clamp(0, 1),
            (tone[:, 2] * value).clamp(0, 1),
        )
        for tone in (low, high)
    )
    return torch.lerp(dark, light, texture)


def decoys(dice: Dice, canvas: Tensor, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """Lone eyes, wheels and noses (discs in discs) and patches of any surface, anywhere."""
    for _ in range(DECOYS):
        cx, cy, r = dice.uniform(-1, 1), dice.uniform(-1, 1), dice.uniform(0.05, 0.16)
        there = dice.chance(0.7)
        patch = dice.chance(0.35)
        texture = sampled(dice.below(len(NAMES)), x * 0.6 + dice.uniform(), y * 0.6)
        first, second = (colours(dice, (0, 0, 0.1), (1, 0.8, 1)) for _ in range(2))
        u, v = shapes.turned(x, y, cx, cy, dice.uniform(0, math.pi))
        squeeze = dice.uniform(0.6, 1.0)
        disc = shapes.ellipse(u, v, 0, 0, r, r * squeeze)
        square = shapes.box(u, v, 0, 0, r * 1.5, r * squeeze * 1.3, r * 0.2)
        distance = torch.where(patch, square, disc)
        inner = (0.5 - shapes.circle(u, v, 0, 0, r * dice.uniform(0.3, 0.7)) / pixel).clamp(0, 1)
        ringed = torch.lerp(first, second, (inner * there)[:, None])
        surface = torch.where(patch[:, None], torch.lerp(first, second, texture), ringed)
        cover = (0.5 - distance / pixel).clamp(0, 1) * there
        canvas = torch.lerp(canvas, surface, cover[:, None])
    return canvas
