"""Draw the background of scenes: ground, far side, and decoy parts that belong to no object."""

import math

import torch
from torch import Tensor

from core.scenes import shapes
from core.scenes.factors import BACKGROUNDS
from core.scenes.scene_random import SceneRandom
from core.scenes.textures import TEXTURES, Hsv, hsv_to_rgb, random_colour, sample_texture

# Number of decoys in each scene.
DECOYS = 3

# Texture, number of tiles across the picture, dark colour and light colour of a surface.
Surface = tuple[str, float, Hsv, Hsv]
# The surface of the ground in each background.
GROUNDS: dict[str, Surface] = {
    "grass": ("fur", 2.0, (0.27, 0.65, 0.22), (0.24, 0.6, 0.62)),
    "snow": ("clouds", 1.0, (0.6, 0.18, 0.72), (0.58, 0.04, 0.98)),
    "sand": ("ripples", 1.3, (0.1, 0.5, 0.6), (0.12, 0.35, 0.93)),
    "sky": ("clouds", 0.8, (0.58, 0.6, 0.7), (0.56, 0.12, 0.98)),
    "street": ("pebbles", 2.5, (0.6, 0.05, 0.25), (0.6, 0.05, 0.48)),
    "room": ("wood", 1.4, (0.07, 0.65, 0.3), (0.09, 0.55, 0.65)),
    "clutter": ("leaves", 1.0, (0.3, 0.6, 0.15), (0.1, 0.6, 0.95)),
}
# The surface above the horizon in each background.
FAR_SIDES: dict[str, Surface] = {
    "grass": ("leaves", 1.8, (0.3, 0.5, 0.18), (0.26, 0.45, 0.5)),
    "snow": ("clouds", 0.7, (0.6, 0.15, 0.6), (0.6, 0.05, 0.9)),
    "sand": ("clouds", 0.6, (0.56, 0.45, 0.75), (0.55, 0.15, 0.98)),
    "sky": ("clouds", 0.8, (0.58, 0.6, 0.7), (0.56, 0.12, 0.98)),
    "street": ("panes", 0.9, (0.6, 0.3, 0.18), (0.08, 0.3, 0.7)),
    "room": ("stripes", 1.0, (0.12, 0.25, 0.7), (0.1, 0.15, 0.9)),
    "clutter": ("leaves", 1.0, (0.6, 0.6, 0.2), (0.05, 0.6, 0.9)),
}


def draw_backdrop(random: SceneRandom, background: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Draw the ground of each scene, and the far side above its horizon.

    Args:
        random: Random numbers of the scenes.
        background: Index into BACKGROUNDS, (n,).
        x: Horizontal coordinate across the picture, -1 to 1, (n, h, w).
        y: Vertical coordinate, pointing down, -1 to 1, (n, h, w).

    Returns:
        Colours, (n, 3, h, w).
    """
    # A shift of the hue, and factors of saturation and value.
    tint = (random.uniform(-0.04, 0.04), random.uniform(0.6, 1.3), random.uniform(0.75, 1.1))
    horizon = random.uniform(-0.55, 0.35)
    ground = _draw_surface(random, GROUNDS, background, x, y, tint)
    far_side = _draw_surface(random, FAR_SIDES, background, x, y, tint)
    # Sky and clutter fill the whole picture, without a horizon.
    has_horizon = (background != BACKGROUNDS.index("sky")) & (
        background != BACKGROUNDS.index("clutter")
    )
    share = ((horizon - y) * 30).clamp(0, 1) * has_horizon[:, None, None]
    return torch.lerp(ground, far_side, share[:, None])


def _draw_surface(
    random: SceneRandom,
    surfaces: dict[str, Surface],
    background: Tensor,
    x: Tensor,
    y: Tensor,
    tint: tuple[Tensor, Tensor, Tensor],
) -> Tensor:
    rows = [surfaces[BACKGROUNDS[index]] for index in background.tolist()]
    textures = torch.tensor([TEXTURES.index(row[0]) for row in rows])
    # x and y span 2 units, hence the factor 0.5.
    tiles = torch.tensor([row[1] for row in rows])[:, None, None] * 0.5 * random.uniform(0.7, 1.3)
    texture = sample_texture(textures, x * tiles + random.uniform(), y * tiles + random.uniform())
    dark = _tint(torch.tensor([row[2] for row in rows]), tint)
    light = _tint(torch.tensor([row[3] for row in rows]), tint)
    return torch.lerp(dark, light, texture)


def _tint(colours: Tensor, tint: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return the RGB, (n, 3, 1, 1), of tinted colours in hue, saturation and value, (n, 3)."""
    hue, saturation, value = colours[:, :, None, None].unbind(1)
    hue_shift, saturation_factor, value_factor = tint
    return hsv_to_rgb(
        hue + hue_shift,
        (saturation * saturation_factor).clamp(0, 1),
        (value * value_factor).clamp(0, 1),
    )


def draw_decoys(random: SceneRandom, canvas: Tensor, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """Draw decoys: discs that look like single eyes, wheels or noses, and textured patches.

    Args:
        random: Random numbers of the scenes.
        canvas: Colours, (n, 3, h, w).
        x: Horizontal coordinate across the picture, -1 to 1, (n, h, w).
        y: Vertical coordinate, pointing down, -1 to 1, (n, h, w).
        pixel: Side of a pixel in the same unit.

    Returns:
        Colours, (n, 3, h, w).
    """
    for _ in range(DECOYS):
        cx, cy, r = random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(0.05, 0.16)
        visible = random.chance(0.7)
        is_patch = random.chance(0.35)
        texture_index = random.integer(len(TEXTURES))
        texture = sample_texture(texture_index, x * 0.6 + random.uniform(), y * 0.6)
        first, second = (random_colour(random, (0, 0, 0.1), (1, 0.8, 1)) for _ in range(2))
        u, v = shapes.rotate(x, y, cx, cy, random.uniform(0, math.pi))
        flattening = random.uniform(0.6, 1.0)
        disc = shapes.ellipse(u, v, 0, 0, r, r * flattening)
        patch = shapes.box(u, v, 0, 0, r * 1.5, r * flattening * 1.3, r * 0.2)
        inner_disc = shapes.circle(u, v, 0, 0, r * random.uniform(0.3, 0.7))
        inner_cover = (0.5 - inner_disc / pixel).clamp(0, 1) * visible
        disc_colour = torch.lerp(first, second, inner_cover[:, None])
        patch_colour = torch.lerp(first, second, texture)
        colour = torch.where(is_patch[:, None], patch_colour, disc_colour)
        distance = torch.where(is_patch, patch, disc)
        cover = (0.5 - distance / pixel).clamp(0, 1) * visible
        canvas = torch.lerp(canvas, colour, cover[:, None])
    return canvas
