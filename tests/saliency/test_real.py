"""Saliency on real ImageNet weights against captum and pytorch-grad-cam, on one photograph.

They are computed in float64: in float32 another order of additions switches single ReLUs on or off,
and with them the gradients of the pixels that they depend on.
"""

import captum.attr
import numpy as np
import pytest
import pytorch_grad_cam as peer
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from core import images, saliency, zoo
from core.saliency import View
from core.steps import drain

# The definitions are the same, but pytorch-grad-cam adds 1e-7 to divisors and returns float32.
TOLERANCE = 1e-4
LAYERS = {"mobilenetv2_100.coral": "bn2", "mobilenetv1_100.coral": "bn2"}
CAMS = {
    "grad_cam": peer.GradCAM,
    "xgrad_cam": peer.XGradCAM,
    "layer_cam": peer.LayerCAM,
}


@pytest.fixture(params=sorted(LAYERS))
def view(request, shared_models, shared_photos, monkeypatch) -> View:
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    m = zoo.load(f"local/{request.param}")
    m.net.double()
    x = m.preprocess([images.read(shared_photos / "samoyed.png")]).double()
    target = torch.zeros(1, len(m.labels))
    target[0, m.labels.index("Samoyed")] = 1
    generators = (torch.Generator().manual_seed(0),)
    return View(m, x, target, saliency.last_layer(m), generators)


def run(view: View, key: str, **options) -> torch.Tensor:
    return drain(saliency.methods()[key].explain(view, **options)).values


def assert_close(ours: torch.Tensor, expected: torch.Tensor) -> None:
    assert (ours - expected).abs().max() <= TOLERANCE * expected.abs().max()


def stretch(maps: torch.Tensor) -> np.ndarray:
    """Stretch the values to 0 to 1, as pytorch-grad-cam does."""
    return ((maps - maps.min()) / (maps.max() - maps.min())).numpy()


def test_gradient_and_occlusion_maps_are_captums(view: View):
    class_ = int(view.target.argmax())
    net, x = view.m.net, view.x
    expected = captum.attr.Saliency(net).attribute(x.clone(), class_)
    assert_close(run(view, "gradient"), expected.amax(1))
    expected = captum.attr.InputXGradient(net).attribute(x.clone(), class_)
    assert_close(run(view, "gradient_x_input"), expected.sum(1))
    # test_references compares guided backpropagation: captum's applies to ReLU, not to ReLU6.
    expected = captum.attr.Occlusion(net).attribute(
        x, (3, 64, 64), (3, 64, 64), 0.0, class_, perturbations_per_eval=4
    )
    assert_close(run(view, "occlusion", window=64, stride=64), expected[:, 0])


@pytest.mark.parametrize("key", CAMS)
def test_class_activation_maps_are_pytorch_grad_cams(view: View, key: str):
    layer = view.m.net.get_submodule(LAYERS[view.m.name.removeprefix("local/")])
    targets = [ClassifierOutputTarget(int(view.target.argmax()))]
    with CAMS[key](model=view.m.net, target_layers=[layer]) as cam:
        expected = torch.from_numpy(np.asarray(cam(view.x.clone().requires_grad_(), targets)))
    np.testing.assert_allclose(stretch(run(view, key)), stretch(expected), atol=TOLERANCE)


def test_grad_cam_plus_plus_follows_equation_19(view: View):
    """pytorch-grad-cam is off by 2 %: it adds 1e-6 to a divisor that is as small as g²."""
    ((a, g),) = view.activations_and_gradients([view.layer]).values()
    a = a.clamp(min=0)
    alpha = g**2 / (2 * g**2 + a.sum((2, 3), keepdim=True) * g**3)  # equation 19
    weights = torch.where(g != 0, alpha, 0.0) * g.clamp(min=0)
    expected = (weights.sum((2, 3))[:, :, None, None] * a).sum(1).clamp(min=0)
    large = torch.nn.functional.interpolate(expected[:, None], (224, 224), mode="bilinear")[:, 0]
    np.testing.assert_allclose(
        stretch(run(view, "grad_cam_plus_plus")), stretch(large), atol=TOLERANCE
    )
