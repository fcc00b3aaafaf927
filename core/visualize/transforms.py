"""Random transforms of the pictures in each step, so that no pattern depends on single pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core.arguments import require_count

# Value at the first and at the last step, interpolated linearly in between.
Schedule = tuple[float, float]


@dataclass(frozen=True)
class Transforms:
    """Ranges of the random transforms, drawn anew for every view of a picture.

    Attributes:
        jitter: Largest shift, as a share of the side. Pixels that leave at one border enter at the
            opposite one, as Fourier canvases are periodic. At 0.5 every pixel is equally often at
            the border, so that the objective draws no frame.
        zoom: Largest relative change in scale: 0.1 means 0.9 to 1.1.
        turn: Largest rotation in degrees.
        crop: Side of the crop, as a share of the picture's side; 1 shows the whole picture.
        noise: Standard deviation of added normal noise, for colours from 0 to 1.
        looks: Number of transformed views per picture and step.
    """

    jitter: Schedule = (0.5, 0.5)
    zoom: Schedule = (0.1, 0.1)
    turn: Schedule = (10.0, 10.0)
    crop: Schedule = (1.0, 1.0)
    noise: Schedule = (0.0, 0.0)
    looks: int = 1

    def __post_init__(self) -> None:
        """Raise BadArgument if there is no view."""
        require_count("looks", self.looks)


def transform(
    images: Float[Tensor, "n 3 h w"],
    transforms: Transforms,
    fraction: float,
    generators: Sequence[torch.Generator],
) -> Float[Tensor, "m 3 h w"]:
    """Return `transforms.looks` randomly transformed views of each picture.

    Args:
        images: The pictures, 0 to 1.
        transforms: Ranges of the transforms.
        fraction: Position in the schedules, 0 (first step) to 1 (last step).
        generators: Random number generator of each picture.

    Returns:
        The views of the first picture, then of the next; m = n * looks.
    """
    now = {name: start + fraction * (end - start)
           for name, value in vars(transforms).items() if name != "looks"
           for start, end in [value]}  # fmt: skip
    looks = transforms.looks
    # Columns: zoom, rotation, shift in y and x, position of the crop in x and y; each in -1 to 1.
    draws = (
        torch.cat([torch.rand(looks, 6, generator=generator) for generator in generators]) * 2 - 1
    )
    views = _rolled(images.repeat_interleave(looks, dim=0), now["jitter"] * draws[:, 2:4])
    if now["crop"] != 1 or now["zoom"] or now["turn"]:
        views = _warped(views, now["zoom"], now["turn"], now["crop"], draws)
    return _with_noise(views, now["noise"], looks, generators)


def _rolled(
    views: Float[Tensor, "m 3 h w"], shifts: Float[Tensor, "m 2"]
) -> Float[Tensor, "m 3 h w"]:
    """Shift each view by its own shares of the side; pixels re-enter at the opposite border."""
    pixels = (shifts * views.shape[-1]).round().int().tolist()
    return torch.stack(
        [view.roll(shift, (1, 2)) for view, shift in zip(views, pixels, strict=True)]
    )


def _warped(
    views: Float[Tensor, "m 3 h w"],
    zoom: float,
    turn: float,
    crop: float,
    draws: Float[Tensor, "m 6"],
) -> Float[Tensor, "m 3 h w"]:
    """Scale, rotate and crop each view; the size in pixels stays the same."""
    scale = crop * (1 + zoom * draws[:, 0])
    angle = draws[:, 1] * math.radians(turn)
    x, y = (1 - crop) * draws[:, 4], (1 - crop) * draws[:, 5]
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    rows = (torch.stack([cos, -sin, x], 1), torch.stack([sin, cos, y], 1))
    grid = functional.affine_grid(
        torch.stack(rows, 1).to(views), list(views.shape), align_corners=False
    )
    return functional.grid_sample(views, grid, padding_mode="reflection", align_corners=False)


def _with_noise(
    views: Float[Tensor, "m 3 h w"], std: float, looks: int, generators: Sequence[torch.Generator]
) -> Float[Tensor, "m 3 h w"]:
    """Add normal noise to each view."""
    if not std:
        return views
    shape = (looks, *views.shape[1:])
    noise = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
    return views + std * noise.to(views)
