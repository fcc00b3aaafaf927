"""A second look at the same scene: nearer, turned, in other light, with noise."""

import math

import torch
from torch import Tensor
from torch.nn import functional

# Half of the looks are nearer, down to this share of the frame's side, and turned a little.
NEAREST, TURN = 0.65, math.radians(10)
# Colours are stretched and moved by up to this (the range is -1 to 1), half of the looks noisy.
STRETCH, MOVE, NOISE = 0.2, 0.15, 0.15


def as_input(pictures: Tensor) -> Tensor:
    """Pictures as the bundled networks take them: -1 to 1, as mean and std of 0.5 say."""
    return pictures.float() / 127.5 - 1


def looked_at(pictures: Tensor) -> Tensor:
    """Look at scenes anew, by torch's own random numbers.

    Args:
        pictures: (n, 3, h, w), uint8.

    Returns:
        As a network takes them, (n, 3, h, w).
    """
    x = functional.grid_sample(
        as_input(pictures), _frames(pictures), padding_mode="reflection", align_corners=False
    )
    x = x * _between(x, 1 - STRETCH, 1 + STRETCH, 3) + _between(x, -MOVE, MOVE, 3)
    x = x + torch.randn_like(x) * _between(x, 0, NOISE) * _half(x)
    return x.clamp(-1, 1)


def _frames(pictures: Tensor) -> Tensor:
    """Where each look's pixels lie in its picture, (n, h, w, 2)."""
    x = pictures.float()
    near = torch.lerp(torch.ones(len(x), 1, 1, 1), _between(x, NEAREST, 1), _half(x)).flatten()
    angle = _between(x, -TURN, TURN).flatten() * (near < 1)
    across, down = (_between(x, -1, 1).flatten() * (1 - near) for _ in "xy")
    cos, sin = near * torch.cos(angle), near * torch.sin(angle)
    rows = torch.stack([cos, -sin, across]), torch.stack([sin, cos, down])
    return functional.affine_grid(
        torch.stack(rows).permute(2, 0, 1), list(pictures.shape), align_corners=False
    )


def _between(x: Tensor, low: float, high: float, channels: int = 1) -> Tensor:
    return low + (high - low) * torch.rand(len(x), channels, 1, 1)


def _half(x: Tensor) -> Tensor:
    return (torch.rand(len(x), 1, 1, 1) < 0.5).float()
