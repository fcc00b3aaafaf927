"""A map of our own, put together from others."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from core.saliency.cam import TINY, layer_maps, stage_layers
from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Of each stage's map before the stages are multiplied, so that one stage's blind spot, which all
# have, rules a place out only if the others are doubtful too.
FLOOR = 0.005


@method("StageCAM", "Zooscope", "fused", passes=2)
def stage_cam(view: View, stages: int = 4, blur: float = 14.0) -> Steps[Maps]:
    """Where all stages agree: the geometric mean of their LayerCAMs, and of the mirrored picture's.

    A late stage knows what is the class but not quite where; an early one knows where the edges are
    but not quite whose. Of the maps tried on scenes and photographs it lies best in the object and
    costs two passes (benchmarks/RESULTS.md).

    Args:
        view: What to explain.
        stages: How many, from the last one up, each by its last layer.
        blur: Of each stage's map, a standard deviation in pixels of a picture of 224.
    """
    yield Progress(0, 2)
    there = _log_mean(view, stages, blur)
    yield Progress(1, 2)
    mirrored = _log_mean(replace(view, x=view.x.flip(-1)), stages, blur).flip(-1)
    return Maps((((there + mirrored) / 2).exp() - FLOOR).clamp(min=0))


def _log_mean(view: View, stages: int, blur: float) -> Float[Tensor, "n h w"]:
    maps = [_relative(_blurred(one, blur)) for one in layer_maps(view, stage_layers(view, stages))]
    return torch.stack([(one + FLOOR).log() for one in maps]).mean(0)


def _relative(maps: Tensor) -> Tensor:
    """Shares of each map's maximum."""
    return maps / maps.amax((1, 2), keepdim=True).clamp(min=TINY)


def _blurred(maps: Tensor, blur: float) -> Tensor:
    sigma = blur * maps.shape[-1] / 224
    if not sigma:
        return maps
    side = 2 * round(3 * sigma) + 1
    return gaussian_blur(maps, [side, side], [sigma, sigma])
