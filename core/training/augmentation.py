"""Augment scenes for training: random zoom, rotation, colour changes and noise."""

import math

import torch
from torch import Tensor
from torch.nn import functional

# Half of the pictures are zoomed in, down to this share of the side, and rotated by up to this.
MIN_SHARE, MAX_ANGLE = 0.65, math.radians(10)
# Colours are multiplied by up to 1 ± MAX_SCALING and shifted by up to MAX_SHIFT, in a range of -1
# to 1. Half of the pictures get noise of up to this standard deviation.
MAX_SCALING, MAX_SHIFT, MAX_NOISE = 0.2, 0.15, 0.15


def as_input(pictures: Tensor) -> Tensor:
    """Convert pictures from 0 to 255 to -1 to 1, as for a mean and a std of 0.5."""
    return pictures.float() / 127.5 - 1


def augment(pictures: Tensor) -> Tensor:
    """Augment pictures randomly with torch's global random numbers.

    Args:
        pictures: (n, 3, h, w), uint8.

    Returns:
        Network inputs in -1 to 1, (n, 3, h, w).
    """
    x = functional.grid_sample(
        as_input(pictures),
        _sampling_grid(pictures),
        padding_mode="reflection",
        align_corners=False,
    )
    x = x * _uniform(x, 1 - MAX_SCALING, 1 + MAX_SCALING, 3) + _uniform(x, -MAX_SHIFT, MAX_SHIFT, 3)
    x = x + torch.randn_like(x) * _uniform(x, 0, MAX_NOISE) * _random_half(x)
    return x.clamp(-1, 1)


def _sampling_grid(pictures: Tensor) -> Tensor:
    """Return the positions in each picture that a random crop is sampled at, (n, h, w, 2)."""
    x = pictures.float()
    zoomed = torch.lerp(torch.ones(len(x), 1, 1, 1), _uniform(x, MIN_SHARE, 1), _random_half(x))
    share = zoomed.flatten()
    angle = _uniform(x, -MAX_ANGLE, MAX_ANGLE).flatten() * (share < 1)
    shift_x, shift_y = (_uniform(x, -1, 1).flatten() * (1 - share) for _ in "xy")
    cos, sin = share * torch.cos(angle), share * torch.sin(angle)
    rows = torch.stack([cos, -sin, shift_x]), torch.stack([sin, cos, shift_y])
    return functional.affine_grid(
        torch.stack(rows).permute(2, 0, 1), list(pictures.shape), align_corners=False
    )


def _uniform(x: Tensor, low: float, high: float, channels: int = 1) -> Tensor:
    """Return random numbers in [low, high) for each picture, (n, channels, 1, 1)."""
    return low + (high - low) * torch.rand(len(x), channels, 1, 1)


def _random_half(x: Tensor) -> Tensor:
    """Return 1 for a random half of the pictures and 0 for the others, (n, 1, 1, 1)."""
    return (torch.rand(len(x), 1, 1, 1) < 0.5).float()
