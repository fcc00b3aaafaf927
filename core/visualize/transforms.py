"""How the pictures are looked at in each step, so that what appears does not hang on one pixel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

# A value over the run: at its start and at its end, in between by straight line.
Course = tuple[float, float]


@dataclass(frozen=True)
class Transforms:
    """What is done to each picture in each step, drawn anew for each.

    Attributes:
        jitter: Moved by up to this share of the side; what leaves at one rim comes in at the other,
            as canvases of waves go on there. At 0.5 no place is a rim, and no frame is drawn.
        zoom: Seen from so much nearer or farther at most: 0.1 is 0.9 to 1.1.
        turn: Turned by up to so many degrees.
        crop: Share of the side that is looked at, 1 for all.
        noise: Standard deviation of noise, in colours of 0 to 1.
        looks: Looks at a picture in a step.
    """

    jitter: Course = (0.5, 0.5)
    zoom: Course = (0.1, 0.1)
    turn: Course = (10.0, 10.0)
    crop: Course = (1.0, 1.0)
    noise: Course = (0.0, 0.0)
    looks: int = 1


def looked_at(
    images: Float[Tensor, "n 3 h w"],
    transforms: Transforms,
    share: float,
    dice: Sequence[torch.Generator],
) -> Float[Tensor, "m 3 h w"]:
    """Look at each picture as often as said, all looks at a picture in a row.

    Args:
        images: In 0 to 1.
        transforms: How.
        share: How much of the run is over, 0 to 1.
        dice: Each picture's random numbers.
    """
    now = {name: start + share * (end - start)
           for name, value in vars(transforms).items() if name != "looks"
           for start, end in [value]}  # fmt: skip
    thrown = torch.cat([torch.rand(transforms.looks, 6, generator=one) for one in dice]) * 2 - 1
    pictures = _moved(images.repeat_interleave(transforms.looks, dim=0), now["jitter"] * thrown)
    if now["crop"] == 1 and not now["zoom"] and not now["turn"]:
        return _noisy(pictures, now["noise"], transforms.looks, dice)
    near = now["crop"] * (1 + now["zoom"] * thrown[:, 0])
    angle = thrown[:, 1] * math.radians(now["turn"])
    across, down = (1 - now["crop"]) * thrown[:, 4], (1 - now["crop"]) * thrown[:, 5]
    cos, sin = near * torch.cos(angle), near * torch.sin(angle)
    rows = (torch.stack([cos, -sin, across], 1), torch.stack([sin, cos, down], 1))
    frames = functional.affine_grid(
        torch.stack(rows, 1).to(images), list(pictures.shape), align_corners=False
    )
    seen = functional.grid_sample(pictures, frames, padding_mode="reflection", align_corners=False)
    return _noisy(seen, now["noise"], transforms.looks, dice)


def _moved(
    pictures: Float[Tensor, "m 3 h w"], thrown: Float[Tensor, "m throws"]
) -> Float[Tensor, "m 3 h w"]:
    """Each picture rolled by its own shares of the side."""
    steps = (thrown[:, 2:4] * pictures.shape[-1]).round().int().tolist()
    rolled = [one.roll(step, (1, 2)) for one, step in zip(pictures, steps, strict=True)]
    return torch.stack(rolled)


def _noisy(
    seen: Float[Tensor, "m 3 h w"], amount: float, looks: int, dice: Sequence[torch.Generator]
) -> Float[Tensor, "m 3 h w"]:
    if not amount:
        return seen
    shape = (looks, *seen.shape[1:])
    noise = torch.cat([torch.randn(shape, generator=one) for one in dice])
    return seen + amount * noise.to(seen)
