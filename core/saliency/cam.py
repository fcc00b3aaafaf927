"""Class activation maps: a layer's channels, weighted by what they do for the class."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps

# Against division by nothing where a map or its gradient is 0 everywhere.
TINY = 1e-7
Activations = Float[Tensor, "n c y x"]


@method("Grad-CAM", "Selvaraju et al. 2017, arXiv 1610.02391", "cam", layered=True)
def grad_cam(view: View) -> Steps[Maps]:
    """Channels weighted by their mean gradient; what is negative is dropped (equations 1, 2)."""
    yield Progress(0, 1)
    activation, gradient = _at_layer(view)
    return _weighted(view, activation, gradient.mean((2, 3)))


@method("Grad-CAM++", "Chattopadhay et al. 2018, arXiv 1710.11063", "cam", layered=True)
def grad_cam_plus_plus(view: View) -> Steps[Maps]:
    """Positive gradients weighted so that each occurrence of the class counts (equation 19).

    Its g² / (2 g² + Σ A g³) is 1 / (2 + Σ A g), which no small gradient can upset.
    """
    yield Progress(0, 1)
    activation, gradient = _at_layer(view)
    mass = activation.sum((2, 3), keepdim=True)
    share = 1 / _safe(2 + mass * gradient)
    return _weighted(view, activation, (share * gradient.clamp(min=0)).sum((2, 3)))


@method("XGrad-CAM", "Fu et al. 2020, arXiv 2008.02312", "cam", layered=True)
def xgrad_cam(view: View) -> Steps[Maps]:
    """Gradients weighted by the share of a channel's activation at each place (equation 8)."""
    yield Progress(0, 1)
    activation, gradient = _at_layer(view)
    mass = activation.sum((2, 3))
    return _weighted(view, activation, (gradient * activation).sum((2, 3)) / _safe(mass))


@method("LayerCAM", "Jiang et al. 2021, IEEE TIP 30", "cam", layered=True)
def layer_cam(view: View, stages: int = 1) -> Steps[Maps]:
    """Each place weighted by its own positive gradient.

    Args:
        view: What to explain.
        stages: How many are fused, the last ones, each by its last layer: the maximum of their maps
            over their own maxima. One is the layer chosen.
    """
    yield Progress(0, 1)
    names = [view.layer] if stages == 1 else stage_layers(view, stages)
    maps = [
        view.enlarged((gradient.clamp(min=0) * activation).sum(1).clamp(min=0))
        for activation, gradient in view.at_layers(names).values()
    ]
    if len(maps) == 1:
        return Maps(maps[0])
    tops = [one / one.amax((1, 2), keepdim=True).clamp(min=TINY) for one in maps]
    return Maps(torch.stack(tops).amax(0))


@method("Score-CAM", "Wang et al. 2020, arXiv 1910.01279", "cam", passes=500, layered=True)
def score_cam(view: View) -> Steps[Maps]:
    """Channels weighted by the score of the picture seen through each alone, softmaxed."""
    activation, _ = _at_layer(view)
    count = activation.shape[1]
    scores = view.x.new_zeros(len(view.x) * count)
    seen, total = 0, view.batches(count)
    for step, rows in enumerate(view.copies(count)):
        chosen = torch.arange(seen, seen + len(rows)) % count
        masks = view.enlarged(activation[rows, chosen])
        low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
        masks = (masks - low) / (high - low).clamp(min=TINY)
        scores[seen : seen + len(rows)] = view.scores(view.x[rows] * masks[:, None], rows).to(
            scores
        )
        seen += len(rows)
        yield Progress(step + 1, total)
    return _weighted(view, activation, scores.view(-1, count).softmax(1))


@method("Eigen-CAM", "Muhammad and Yeasin 2020, arXiv 2008.00299", "cam", layered=True)
def eigen_cam(view: View) -> Steps[Maps]:
    """The activations' first principal component: what stands out, whatever the class.

    A component has no sign of its own; it is turned so that more activation is more.
    """
    yield Progress(0, 1)
    activation, _ = _at_layer(view)
    flat = activation.flatten(2).movedim(1, 2)  # n places c
    centred = flat - flat.mean(1, keepdim=True)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    projected = torch.einsum("npc,nc->np", centred, components[:, 0])
    along = (projected * centred.sum(2)).sum(1, keepdim=True)
    maps = (projected * torch.where(along < 0, -1, 1)).view(-1, *activation.shape[2:])
    return Maps(view.enlarged(maps.clamp(min=0)))


def stage_layers(view: View, count: int) -> list[str]:
    """The last layer of each of the last stages: those after which the maps shrink."""
    sizes: dict[int, str] = {}
    for name in view.m.layers_with_positions:
        sizes[view.m.layers[name].shape[1]] = name
    return list(sizes.values())[-count:]


def _at_layer(view: View) -> tuple[Activations, Activations]:
    (found,) = view.at_layers([view.layer]).values()
    return found


def _weighted(view: View, activation: Activations, weights: Float[Tensor, "n c"]) -> Maps:
    maps = torch.einsum("ncyx,nc->nyx", activation, weights)
    return Maps(view.enlarged(maps.clamp(min=0)))


def _safe(below: Tensor) -> Tensor:
    """A divisor that is not 0, of its own sign."""
    return torch.where(below.abs() < TINY, torch.where(below < 0, -TINY, TINY), below)
