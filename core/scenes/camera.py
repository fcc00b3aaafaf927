"""Camera effects: brightness, contrast, blur and noise."""

import torch
from torch import Tensor
from torch.nn import functional

from core.scenes.scene_random import SceneRandom
from core.scenes.textures import TILE, noise_tile


def photograph(random: SceneRandom, canvas: Tensor) -> Tensor:
    """Apply random brightness, contrast, blur and noise, and convert to 8 bits.

    Args:
        random: Random numbers of the scenes.
        canvas: Colours in 0 to 1, (n, 3, h, w).

    Returns:
        Pictures, (n, 3, h, w), uint8.
    """
    contrast, brightness = random.uniform(0.75, 1.2), random.uniform(0.42, 0.58)
    canvas = (canvas - 0.5) * contrast[:, None] + brightness[:, None]
    blurred = functional.avg_pool2d(functional.pad(canvas, (1, 1, 1, 1), mode="replicate"), 3, 1)
    blur = random.uniform(0, 1) * random.chance(0.4)
    canvas = torch.lerp(canvas, blurred, blur[:, None])
    noise = _crop_noise(random, *canvas.shape[-2:])
    strength = random.uniform(0, 0.05)[:, None]
    canvas = canvas + noise * strength * random.chance(0.7)[:, None]
    return (canvas.clamp(0, 1) * 255).round().byte()


def _crop_noise(random: SceneRandom, height: int, width: int) -> Tensor:
    """Return white noise from a random place of the periodic noise tile, (n, 1, h, w)."""
    top, left = random.integer(TILE), random.integer(TILE)
    rows = (top[:, None] + torch.arange(height)) % TILE
    columns = (left[:, None] + torch.arange(width)) % TILE
    return noise_tile()[rows[:, :, None], columns[:, None, :]][:, None]
