"""Turn RGB pictures into a model's input, as its config states, and back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core.arguments import require_rgb, require_some
from core.images import Box


@dataclass(frozen=True)
class Preprocessing:
    """How a model's input is made from a picture: resize, crop, normalise.

    The fields are those of timm's data config.

    Attributes:
        input_size: Channels, height and width of the input.
        interpolation: "bilinear" or "bicubic".
        mean: The mean that is subtracted from each channel; colours range from 0 to 1.
        std: The standard deviation by which each channel is divided.
        crop_pct: The input's side as a share of the resized picture's side, above 0.
        crop_mode: "center" (the short side fits, the rest is cut off), "squash" (both sides fit,
            the aspect ratio is lost) or "border" (the long side fits, the rest is padded).
    """

    input_size: tuple[int, int, int]
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_pct: float
    crop_mode: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Preprocessing":
        """Return the preprocessing of a pretrained config; timm's defaults fill what it omits."""
        from timm.data import resolve_data_config

        resolved = resolve_data_config(pretrained_cfg=dict(config))
        return cls(**{field.name: _list_to_tuple(resolved[field.name]) for field in fields(cls)})

    def __call__(self, imgs: Sequence[Image.Image]) -> Float[Tensor, "n c h w"]:
        """Return the model's input for these pictures.

        Raises:
            BadArgument: There are no pictures, or one of them is not RGB.
        """
        require_some("pictures", imgs)
        normalise = self._timm_transforms[-2:]  # ToTensor and Normalize
        return torch.stack([_apply(normalise, self.crop(img)) for img in imgs])

    def crop(self, img: Image.Image) -> Image.Image:
        """Return the resized and cropped picture: the model's input before normalisation.

        Raises:
            BadArgument: The picture is not RGB.
        """
        require_rgb(img)
        return _apply(self._timm_transforms[:-2], img)

    def crop_box(self, size: tuple[int, int]) -> Box:
        """Return the box of a picture that the model's input covers. See `images.crop_box`.

        The computation follows timm's `transforms_imagenet_eval`.

        Args:
            size: Width and height of the picture in pixels.

        Returns:
            Left, top, right and bottom in the picture's pixels; outside the picture where the input
            is padded.
        """
        width, height = size
        rows, columns = self.input_size[1:]
        resized_width, resized_height = self._resized_size(size)
        left = _crop_start(resized_width, columns) * width / resized_width
        top = _crop_start(resized_height, rows) * height / resized_height
        return (
            left,
            top,
            left + columns * width / resized_width,
            top + rows * height / resized_height,
        )

    def _resized_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of a picture after resizing, before cropping."""
        width, height = size
        rows, columns = self.input_size[1:]
        target_width = math.floor(columns / self.crop_pct)
        target_height = math.floor(rows / self.crop_pct)
        if self.crop_mode == "squash":
            return target_width, target_height
        if self.crop_mode == "center" and target_width == target_height:
            # In this case timm uses torchvision's Resize, which rounds down.
            return target_width * width // min(size), target_width * height // min(size)
        choose = max if self.crop_mode == "border" else min
        ratio = choose(width / target_width, height / target_height)
        return round(width / ratio), round(height / ratio)

    def normalised(self, colours: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Normalise colours (0 to 1) that have the input's height and width already."""
        mean, std = self._mean_and_std(colours)
        return (colours - mean) / std

    def denormalised(self, x: Float[Tensor, "*n c h w"]) -> Float[Tensor, "*n c h w"]:
        """Return the colours (0 to 1) of a model's input: the inverse of `normalised`."""
        mean, std = self._mean_and_std(x)
        return x * std + mean

    def to_picture(self, x: Float[Tensor, "c h w"]) -> Image.Image:
        """Return a model's input as a picture, its colours clipped to the range 0 to 255."""
        values = self.denormalised(x.detach().cpu()).clamp(0, 1) * 255
        return Image.fromarray(values.round().byte().permute(1, 2, 0).numpy())

    def _mean_and_std(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and std, each (c, 1, 1), with the type and device of another tensor."""
        mean, std = (like.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return mean, std

    @cached_property
    def _timm_transforms(self) -> list[Any]:
        """timm's evaluation transforms: resizing and cropping, then ToTensor and Normalize."""
        from timm.data import create_transform

        config = {field.name: getattr(self, field.name) for field in fields(self)}
        return list(create_transform(**config, is_training=False).transforms)


def _crop_start(side: int, crop: int) -> int:
    """Return where a centred crop begins along a side; negative if the crop is padded."""
    return round((side - crop) / 2) if side >= crop else -((crop - side) // 2)


def _list_to_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _apply(transforms: Sequence[Any], img: Any) -> Any:
    for transform in transforms:
        img = transform(img)
    return img
