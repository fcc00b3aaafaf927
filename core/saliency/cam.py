"""Class activation maps: the channels of a layer, weighted by their influence on the class."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Prevents division by 0 where a map or a gradient is 0 everywhere.
TINY = 1e-7
Activations = Float[Tensor, "n c y x"]


@method("Grad-CAM", "Selvaraju et al. 2017, arXiv 1610.02391", "cam", uses_layer=True)
def grad_cam(view: View) -> Steps[Maps]:
    """Weight channels by their mean gradient and drop negative sums (equations 1 and 2)."""
    yield Progress(0, 1)
    activation, gradient = _read_layer(view)
    return _weighted_sum(view, activation, gradient.mean((2, 3)))


@method("Grad-CAM++", "Chattopadhay et al. 2018, arXiv 1710.11063", "cam", uses_layer=True)
def grad_cam_plus_plus(view: View) -> Steps[Maps]:
    """Weight positive gradients so that each occurrence of the class counts (equation 19).

    The paper's g² / (2 g² + Σ A g³) is computed as 1 / (2 + Σ A g), which is stable for small
    gradients.
    """
    yield Progress(0, 1)
    activation, gradient = _read_layer(view)
    total = activation.sum((2, 3), keepdim=True)
    alpha = 1 / _away_from_zero(2 + total * gradient)
    return _weighted_sum(view, activation, (alpha * gradient.clamp(min=0)).sum((2, 3)))


@method("XGrad-CAM", "Fu et al. 2020, arXiv 2008.02312", "cam", uses_layer=True)
def xgrad_cam(view: View) -> Steps[Maps]:
    """Weight each gradient by its position's share of the channel's activation (equation 8)."""
    yield Progress(0, 1)
    activation, gradient = _read_layer(view)
    total = activation.sum((2, 3))
    weights = (gradient * activation).sum((2, 3)) / _away_from_zero(total)
    return _weighted_sum(view, activation, weights)


@method("LayerCAM", "Jiang et al. 2021, IEEE TIP 30", "cam", uses_layer=True)
def layer_cam(view: View, stages: int = 1) -> Steps[Maps]:
    """Weight the activation at each position by the positive gradient at that position.

    Args:
        view: The pictures and the score to explain.
        stages: How many of the last stages to fuse. 1 uses the chosen layer only. More use the last
            layer of each stage; the result is the maximum of their maps, each divided by its own
            maximum.
    """
    yield Progress(0, 1)
    names = [view.layer] if stages == 1 else stage_layers(view, stages)
    maps = [
        view.resize_to_input((gradient.clamp(min=0) * activation).sum(1).clamp(min=0))
        for activation, gradient in view.activations_and_gradients(names).values()
    ]
    if len(maps) == 1:
        return Maps(maps[0])
    return Maps(torch.stack([divide_by_maximum(stage_map) for stage_map in maps]).amax(0))


@method("Score-CAM", "Wang et al. 2020, arXiv 1910.01279", "cam", passes=500, uses_layer=True,
        forward_only=True)  # fmt: skip
def score_cam(view: View) -> Steps[Maps]:
    """Weight each channel by the score of the picture masked with it (softmax over channels)."""
    activation, _ = _read_layer(view)
    count = activation.shape[1]
    scores = view.x.new_zeros(len(view.x) * count)
    start, total = 0, view.count_batches(count)
    for step, indices in enumerate(view.repeat_batches(count)):
        stop = start + len(indices)
        channels = torch.arange(start, stop) % count  # each picture is repeated for every channel
        masks = view.resize_to_input(activation[indices, channels])
        low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
        masks = (masks - low) / (high - low).clamp(min=TINY)
        scores[start:stop] = view.scores(view.x[indices] * masks[:, None], indices).to(scores)
        start = stop
        yield Progress(step + 1, total)
    return _weighted_sum(view, activation, scores.view(-1, count).softmax(1))


@method(
    "Eigen-CAM", "Muhammad and Yeasin 2020, arXiv 2008.00299", "cam", uses_layer=True,
    forward_only=True, version=2,
)  # fmt: skip
def eigen_cam(view: View) -> Steps[Maps]:
    """Project the activations onto their first principal component, independent of the class.

    The sign of a principal component is arbitrary. It is chosen so that the projection increases
    with the norm of the activation at each place, which is also large where signed activations are
    negative (benchmarks/RESULTS.md).
    """
    yield Progress(0, 1)
    activation = view.activations([view.layer])[view.layer]
    flat = activation.flatten(2).movedim(1, 2)  # (n, positions, c)
    centred = flat - flat.mean(1, keepdim=True)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    projected = torch.einsum("npc,nc->np", centred, components[:, 0])
    covariance = (projected * flat.norm(dim=2)).sum(1, keepdim=True)
    signed = projected * torch.where(covariance < 0, -1, 1)
    maps = signed.view(-1, *activation.shape[2:])
    return Maps(view.resize_to_input(maps.clamp(min=0)))


def stage_layers(view: View, count: int) -> list[str]:
    """Return the last layer of each of the last `count` stages.

    The last one is the layer that the other class activation maps use by default.
    """
    return list(view.m.stage_ends[-count:])


def divide_by_maximum(maps: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Divide each map by its own maximum."""
    return maps / maps.amax((1, 2), keepdim=True).clamp(min=TINY)


def _read_layer(view: View) -> tuple[Activations, Activations]:
    """Return the activations of the view's layer and the gradients with respect to them."""
    return view.activations_and_gradients([view.layer])[view.layer]


def _weighted_sum(view: View, activation: Activations, weights: Float[Tensor, "n c"]) -> Maps:
    """Sum the weighted channels, drop negative values, and resize to the input grid."""
    maps = torch.einsum("ncyx,nc->nyx", activation, weights)
    return Maps(view.resize_to_input(maps.clamp(min=0)))


def _away_from_zero(divisor: Tensor) -> Tensor:
    """Replace divisors that are almost 0 by a small number of the same sign."""
    small = torch.where(divisor < 0, -TINY, TINY)
    return torch.where(divisor.abs() < TINY, small, divisor)
