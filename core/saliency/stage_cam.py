"""StageCAM, Zooscope's own method: Grad-CAM combined with the LayerCAMs of earlier stages."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from core.saliency.cam import divide_by_maximum, grad_cam, stage_layers
from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Added to each stage's map before the maps are multiplied. Every stage misses some places. Without
# the floor, a place would be 0 in the product as soon as one stage misses it; with the floor, high
# values of the other stages keep it.
FLOOR = 0.005


@method("StageCAM", "Zooscope", "fused", passes=4, uses_layer=True)
def stage_cam(view: View, stages: int = 4, blur: float = 14.0) -> Steps[Maps]:
    """Compute the geometric mean of Grad-CAM and the LayerCAMs of earlier stages.

    The last layer tells classes apart but locates them coarsely; earlier layers locate objects
    precisely but tell their classes apart less well. The mean includes the map of the mirrored
    picture. Of the methods tried on scenes and photographs, its maps match the object best and
    separate two objects best, but shuffling the weights changes them less than those of Grad-CAM
    (benchmarks/RESULTS.md).

    Args:
        view: The pictures and the score to explain.
        stages: How many of the last stages to combine, each by its last layer.
        blur: Standard deviation of the blur on the earlier stages' maps, in pixels of an input 224
            pixels wide.
    """
    yield Progress(0, 2)
    upright = yield from _mean_log_map(view, stages, blur)
    yield Progress(1, 2)
    mirrored = yield from _mean_log_map(replace(view, x=view.x.flip(-1)), stages, blur)
    return Maps((((upright + mirrored.flip(-1)) / 2).exp() - FLOOR).clamp(min=0))


def _mean_log_map(view: View, stages: int, blur: float) -> Steps[Float[Tensor, "n h w"]]:
    """Return the mean of the logarithms of Grad-CAM and the earlier stages' maps."""
    last = yield from grad_cam(view)
    names = stage_layers(view, stages)[:-1]
    earlier = _support_maps(view, names) if names else []
    maps = [last.values, *(_blur(stage_map, blur) for stage_map in earlier)]
    logs = [(divide_by_maximum(stage_map) + FLOOR).log() for stage_map in maps]
    return torch.stack(logs).mean(0)


def _support_maps(view: View, names: list[str]) -> list[Float[Tensor, "n h w"]]:
    """Return each layer's evidence for the class, on the input grid.

    It is LayerCAM's sum over channels where no activation is negative, as after a ReLU. Where
    activations are signed, as in a ConvNeXt, it includes negative activations with a negative
    gradient: there LayerCAM's own sum pointed into 76 % of the objects, this sum into 93 %.
    """
    return [
        view.resize_to_input((gradient * activation).clamp(min=0).sum(1))
        for activation, gradient in view.activations_and_gradients(names).values()
    ]


def _blur(maps: Float[Tensor, "n h w"], blur: float) -> Float[Tensor, "n h w"]:
    """Blur maps by a standard deviation in pixels of an input 224 pixels wide."""
    sigma = blur * maps.shape[-1] / 224
    if not sigma:
        return maps
    # gaussian_blur reflects the map at its edges, so the kernel must not reach beyond the map.
    radius = min(round(3 * sigma), min(maps.shape[-2:]) - 1)
    side = 2 * radius + 1
    return gaussian_blur(maps, [side, side], [sigma, sigma])
