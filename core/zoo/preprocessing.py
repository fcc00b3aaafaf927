"""RGB picture → model input, as the model's own config says, and back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core.images import Box


@dataclass(frozen=True)
class Preprocessing:
    """What a model wants done to a picture. The fields are timm's data config.

    Attributes:
        input_size: Channels, height, width.
        interpolation: "bilinear" or "bicubic".
        mean: Per channel, of values in 0 to 1.
        std: Per channel.
        crop_pct: Share of the resized picture's side that the input takes.
        crop_mode: "center" (short side fits, the rest is cut off), "squash" (aspect is lost) or
            "border" (long side fits, the rest is padded).
    """

    input_size: tuple[int, int, int]
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_pct: float
    crop_mode: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Preprocessing":
        """From a pretrained config of timm, which knows the defaults of what it leaves out."""
        from timm.data import resolve_data_config

        resolved = resolve_data_config(pretrained_cfg=dict(config))
        return cls(**{field.name: _frozen(resolved[field.name]) for field in fields(cls)})

    def __call__(self, imgs: Sequence[Image.Image]) -> Float[Tensor, "n c h w"]:
        """The model's input for these pictures."""
        normalise = self._timm_transforms[-2:]
        return torch.stack([_applied(normalise, self.crop(img)) for img in imgs])

    def crop(self, img: Image.Image) -> Image.Image:
        """What the model sees of the picture: resized and cropped, before normalisation."""
        return _applied(self._timm_transforms[:-2], img)

    def crop_box(self, size: tuple[int, int]) -> Box:
        """Where the input grid lies on a picture of this width and height. See `images.crop_box`.

        Retraces timm's `transforms_imagenet_eval`.
        """
        width, height = size
        rows, columns = self.input_size[1:]
        wanted = (math.floor(columns / self.crop_pct), math.floor(rows / self.crop_pct))
        if self.crop_mode == "squash":
            resized = wanted
        elif self.crop_mode == "center" and wanted[0] == wanted[1]:
            # Here timm leaves it to torchvision, which rounds down.
            resized = (wanted[0] * width // min(size), wanted[0] * height // min(size))
        else:
            pick = max if self.crop_mode == "border" else min
            ratio = pick(width / wanted[0], height / wanted[1])
            resized = (round(width / ratio), round(height / ratio))
        left = _start(resized[0], columns) * width / resized[0]
        top = _start(resized[1], rows) * height / resized[1]
        return (
            left,
            top,
            left + columns * width / resized[0],
            top + rows * height / resized[1],
        )

    def normalised(self, colours: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Colours in 0 to 1 that lie on the input grid already, as the model wants them."""
        mean, std = self._levels(colours)
        return (colours - mean) / std

    def colours(self, x: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
        """The colours of a model's input, 0 to 1: what `normalised` did is undone."""
        mean, std = self._levels(x)
        return x * std + mean

    def to_picture(self, x: Float[Tensor, "c h w"]) -> Image.Image:
        """A model input as a picture again, clipped to what a screen can show."""
        values = self.colours(x.detach().cpu()).clamp(0, 1) * 255
        return Image.fromarray(values.round().byte().permute(1, 2, 0).numpy())

    def _levels(self, like: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = (like.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return mean, std

    @cached_property
    def _timm_transforms(self) -> list[Any]:
        """timm's evaluation transforms: some that resize and crop, then ToTensor, Normalize."""
        from timm.data import create_transform

        config = {field.name: getattr(self, field.name) for field in fields(self)}
        return list(create_transform(**config, is_training=False).transforms)


def _start(side: int, wanted: int) -> int:
    """Where a centred crop begins on a side; below 0 where it pads."""
    return round((side - wanted) / 2) if side >= wanted else -((wanted - side) // 2)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _applied(transforms: Sequence[Any], img: Any) -> Any:
    for transform in transforms:
        img = transform(img)
    return img
