"""Saliency methods against slow, independent implementations of their papers, in float64."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.segmentation import slic
from sklearn.linear_model import Ridge
from torch.nn import functional

from core import saliency, scenes, zoo
from core.saliency import View
from core.steps import drain

CLASSES = [207, 5]
STAGES = ["layer3.0.act1", "layer3", "layer4"]  # the last layer of each size


@pytest.fixture
def view() -> View:
    m = zoo.load("untrained/test_resnet", seed=3)
    m.net.double()
    m.net.fc.weight.mul_(1e3)  # an untrained network's scores would hardly differ
    imgs = [scenes.draw(class_=name, seed=2, size=160).image for name in ("dog", "house")]
    target = torch.zeros(2, 1000, dtype=torch.float64)
    target[[0, 1], CLASSES] = 1
    generators = tuple(torch.Generator().manual_seed(4) for _ in imgs)
    return View(m, m.preprocess(imgs).double(), target, saliency.last_layer(m), generators)


def run(view: View, key: str, **options) -> np.ndarray:
    return drain(saliency.methods()[key].explain(view, **options)).values.numpy()


def score(view: View, x: torch.Tensor, row: int) -> float:
    with torch.no_grad():
        return view.m.net(x[None])[0, CLASSES[row]].item()


def enlarge(coarse: np.ndarray, height: int, width: int) -> np.ndarray:
    """Interpolate bilinearly between the centres of cells; repeat the outermost values."""
    rows = np.clip((np.arange(height) + 0.5) * coarse.shape[0] / height - 0.5, 0, None)
    columns = np.clip((np.arange(width) + 0.5) * coarse.shape[1] / width - 0.5, 0, None)
    large = np.empty((height, width))
    for i, y in enumerate(rows):
        top = int(y)
        below = min(top + 1, coarse.shape[0] - 1)
        line = coarse[top] * (1 - (y - top)) + coarse[below] * (y - top)
        large[i] = np.interp(columns, np.arange(coarse.shape[1]), line)
    return large


def test_rise_is_the_mean_score_over_masks_that_show_a_pixel(view: View):
    ours = run(view, "rise", masks=12, cells=5, kept=0.4)
    for row in range(2):
        generator = torch.Generator().manual_seed(4)
        masks, scores = [], []
        for _ in range(12):
            coarse = (torch.rand(5, 5, generator=generator) < 0.4).double().numpy()
            large = enlarge(coarse, 6 * 32, 6 * 32)
            y, x = (int(torch.randint(32, (1,), generator=generator)) for _ in range(2))
            masks.append(large[y : y + 160, x : x + 160])
            scores.append(score(view, view.x[row] * torch.from_numpy(masks[-1]), row))
        weighted = sum(score_ * mask for score_, mask in zip(scores, masks, strict=True))
        expected = weighted / sum(masks) - np.mean(scores)
        np.testing.assert_allclose(ours[row], expected, atol=1e-5 * np.abs(expected).max())


def test_superpixels_are_weighted_by_ridge_regression(view: View):
    ours = run(view, "superpixels", segments=12, samples=40)
    for row in range(2):
        picture = np.asarray(view.m.preprocessing.to_picture(view.x[row]))
        labels = slic(picture, 12, compactness=10, start_label=0)
        generator = torch.Generator().manual_seed(4)
        visible, scores = [], []
        for _ in range(40):
            kept = (torch.rand(labels.max() + 1, generator=generator) < 0.5).double()
            visible.append(kept.numpy())
            scores.append(score(view, view.x[row] * kept[torch.from_numpy(labels)], row))
        expected = Ridge(alpha=1.0).fit(visible, scores).coef_[labels]
        np.testing.assert_allclose(ours[row], expected, atol=1e-6 * np.abs(expected).max())


def stage_maps(view: View, x: torch.Tensor, signed: bool) -> list[np.ndarray]:
    """Return the LayerCAM of each stage on the input grid, with hooks and autograd only.

    With `signed`, negative activations with a negative gradient count too.
    """
    activations: dict[str, torch.Tensor] = {}
    hooks = [
        view.m.net.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: activations.setdefault(name, output)
        )
        for name in STAGES
    ]
    logits = view.m.net(x.clone().requires_grad_())
    for hook in hooks:
        hook.remove()
    total = sum(logits[row, index] for row, index in enumerate(CLASSES))
    gradients = torch.autograd.grad(total, [activations[name] for name in STAGES])
    maps = []
    for name, gradient in zip(STAGES, gradients, strict=True):
        product = (gradient if signed else gradient.clamp(min=0)) * activations[name].detach()
        coarse = (product.clamp(min=0) if signed else product).sum(1).clamp(min=0)
        large = functional.interpolate(coarse[:, None], (160, 160), mode="bilinear")
        maps.append(large[:, 0].numpy())
    return maps


def test_fused_layercam_is_the_maximum_of_normalised_stage_maps(view: View):
    ours = run(view, "layer_cam", stages=3)
    for row in range(2):
        stages = [
            maps[row] / max(maps[row].max(), 1e-7)
            for maps in stage_maps(view, view.x, signed=False)
        ]
        np.testing.assert_allclose(ours[row], np.max(stages, axis=0), atol=1e-6)


def test_stagecam_is_the_geometric_mean_of_grad_cam_and_earlier_stages(view: View):
    ours = run(view, "stage_cam", stages=3, blur=7.0)

    def mean_log(x: torch.Tensor) -> np.ndarray:
        maps = [run(replace(view, x=x), "grad_cam")]
        for earlier in stage_maps(view, x, signed=True)[:-1]:
            blurred = [gaussian_filter(m, 5.0, mode="mirror", radius=15) for m in earlier]
            maps.append(np.stack(blurred))
        logs = [np.log(m / np.maximum(m.max((1, 2), keepdims=True), 1e-7) + 0.005) for m in maps]
        return np.mean(logs, axis=0)

    upright, mirrored = mean_log(view.x), mean_log(view.x.flip(-1))[..., ::-1]
    expected = np.clip(np.exp((upright + mirrored) / 2) - 0.005, 0, None)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert expected.max() > 0.1
