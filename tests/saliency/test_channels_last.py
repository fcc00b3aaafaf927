"""Saliency at layers inside ConvNeXt blocks, whose modules return channels on the last axis.

The expected maps are computed with plain hooks and autograd: the channels are moved by hand, and
the formulas are written out in numpy, in float64.
"""

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core import saliency, scenes, zoo
from core.saliency import View
from core.steps import drain

CLASSES = [207, 5]
# Both networks normalise within a block over the last axis; mlp.fc1 is a Linear there.
LAYERS = [
    ("test_convnext", "stages.2.blocks.1.mlp.fc1"),
    ("test_convnext", "stages.1.blocks.0.norm"),
    ("test_convnext2", "stages.3.blocks.0.mlp.fc1"),
]


@pytest.fixture(params=LAYERS, ids=" ".join)
def view(request: pytest.FixtureRequest) -> View:
    architecture, layer = request.param
    m = zoo.load(f"untrained/{architecture}", seed=5)
    m.net.double()
    # In an untrained ConvNeXt the layer scale of 1e-6 would switch the blocks off.
    for name, parameter in m.net.named_parameters():
        if name.endswith("gamma"):
            parameter.fill_(1.0)
    imgs = [scenes.draw(class_=name, seed=2, size=160).image for name in ("dog", "house")]
    target = torch.zeros(2, 1000, dtype=torch.float64)
    target[[0, 1], CLASSES] = 1
    generators = tuple(torch.Generator().manual_seed(0) for _ in imgs)
    return View(m, m.preprocess(imgs).double(), target, layer, generators)


def run(view: View, key: str) -> np.ndarray:
    return drain(saliency.methods()[key].explain(view)).values.numpy()


def read_by_hook(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Return the layer's activations and gradients with the channels moved to the first axis."""
    outputs: list[Tensor] = []
    module = view.m.net.get_submodule(view.layer)
    hook = module.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    logits = view.m.net(view.x.clone().requires_grad_())
    hook.remove()
    (output,) = outputs
    gradient = torch.autograd.grad((logits * view.target).sum(), output)[0]
    channels = module.out_features if isinstance(module, nn.Linear) else module.weight.numel()
    # The last axis has the channels, and no other axis has their length.
    assert output.shape[-1] == channels
    assert channels not in output.shape[1:3]
    activation, gradient = (t.detach().permute(0, 3, 1, 2).numpy() for t in (output, gradient))
    return activation, gradient


def enlarge(maps: np.ndarray) -> np.ndarray:
    large = functional.interpolate(torch.from_numpy(maps)[:, None], (160, 160), mode="bilinear")
    return large[:, 0].numpy()


def weighted_sum(activation: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum channels with weights (n, c), drop negative values and enlarge the map."""
    maps = np.zeros((len(activation), *activation.shape[2:]))
    for channel in range(activation.shape[1]):
        maps += weights[:, channel, None, None] * activation[:, channel]
    return enlarge(maps.clip(0))


def grad_cam(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return weighted_sum(activation, gradient.mean((2, 3)))


def grad_cam_plus_plus(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    total = activation.sum((2, 3), keepdims=True)
    alpha = gradient**2 / (2 * gradient**2 + total * gradient**3)
    return weighted_sum(activation, (alpha * gradient.clip(0)).sum((2, 3)))


def xgrad_cam(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    shares = activation / activation.sum((2, 3), keepdims=True)
    return weighted_sum(activation, (shares * gradient).sum((2, 3)))


def layer_cam(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return enlarge((gradient.clip(0) * activation).sum(1).clip(0))


def eigen_cam(activation: np.ndarray, _gradient: np.ndarray) -> np.ndarray:
    maps = []
    for picture in activation:
        flat = picture.reshape(len(picture), -1).T  # (positions, channels)
        centred = flat - flat.mean(0)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        projected = centred @ vectors[:, -1]
        sign = -1 if projected @ np.linalg.norm(flat, axis=1) < 0 else 1
        maps.append((sign * projected).reshape(picture.shape[1:]).clip(0))
    return enlarge(np.stack(maps))


FORMULAS = {
    "grad_cam": grad_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
    "xgrad_cam": xgrad_cam,
    "layer_cam": layer_cam,
    "eigen_cam": eigen_cam,
}


@pytest.mark.parametrize("key", FORMULAS)
def test_cams_equal_those_of_channels_moved_by_hand(view: View, key: str):
    expected = FORMULAS[key](*read_by_hook(view))
    assert expected.max() > 0
    np.testing.assert_allclose(run(view, key), expected, atol=1e-6 * expected.max())


# The layer with the fewest channels: Score-CAM needs a forward pass for each.
@pytest.mark.parametrize("view", [LAYERS[1]], ids=" ".join, indirect=True)
def test_score_cam_masks_pictures_with_channels(view: View):
    activation, _ = read_by_hook(view)
    scores = np.zeros(activation.shape[:2])
    for row, picture in enumerate(activation):
        masks = enlarge(picture)
        low, high = masks.min((1, 2), keepdims=True), masks.max((1, 2), keepdims=True)
        masked = view.x[row] * torch.from_numpy((masks - low) / (high - low))[:, None]
        with torch.no_grad():
            scores[row] = view.m.net(masked)[:, CLASSES[row]]
    weights = np.exp(scores - scores.max(1, keepdims=True))
    expected = weighted_sum(activation, weights / weights.sum(1, keepdims=True))
    np.testing.assert_allclose(run(view, "score_cam"), expected, atol=1e-6 * expected.max())


def test_activations_and_gradients_come_with_the_channels_first(view: View):
    activation, gradient = view.activations_and_gradients([view.layer])[view.layer]
    expected_activation, expected_gradient = read_by_hook(view)
    np.testing.assert_allclose(activation, expected_activation, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-15)


def test_the_input_gradient_of_a_channels_last_network_is_captums(view: View):
    gradient = captum.attr.Saliency(view.m.net).attribute(view.x.clone(), CLASSES, abs=False)
    expected = gradient.abs().amax(1).numpy()
    np.testing.assert_allclose(run(view, "gradient"), expected, atol=1e-6 * expected.max())
    expected = (gradient * view.x).sum(1).numpy()
    tolerance = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(run(view, "gradient_x_input"), expected, atol=tolerance)
