"""Saliency on real ImageNet weights against captum and pytorch-grad-cam, on one photograph.

In float64: in float32 another order of adding turns a rectifier on or off here and there, and with
it the gradient of the pixels it sees.
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

# The definitions are the same; pytorch-grad-cam adds 1e-7 and gives float32.
SHARE = 1e-4
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
    dice = (torch.Generator().manual_seed(0),)
    return View(m, x, target, saliency.last_layer(m), dice)


def run(view: View, key: str, **options) -> torch.Tensor:
    return drain(saliency.methods()[key].explain(view, **options)).values


def assert_close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert (ours - theirs).abs().max() <= SHARE * theirs.abs().max()


def stretched(one: torch.Tensor) -> np.ndarray:
    return ((one - one.min()) / (one.max() - one.min())).numpy()


def test_maps_from_gradients_and_squares_are_captums(view: View):
    class_ = int(view.target.argmax())
    net, x = view.m.net, view.x
    theirs = captum.attr.Saliency(net).attribute(x.clone(), class_)
    assert_close(run(view, "gradient"), theirs.amax(1))
    theirs = captum.attr.InputXGradient(net).attribute(x.clone(), class_)
    assert_close(run(view, "gradient_x_input"), theirs.sum(1))
    # Guided backpropagation is held to captum's in test_references: it guides ReLU, not ReLU6.
    theirs = captum.attr.Occlusion(net).attribute(
        x, (3, 64, 64), (3, 48, 48), 0.0, class_, perturbations_per_eval=4
    )
    assert_close(run(view, "occlusion", window=64, stride=48), theirs[:, 0])


@pytest.mark.parametrize("key", CAMS)
def test_class_activation_maps_are_pytorch_grad_cams(view: View, key: str):
    layer = view.m.net.get_submodule(LAYERS[view.m.name.removeprefix("local/")])
    targets = [ClassifierOutputTarget(int(view.target.argmax()))]
    with CAMS[key](model=view.m.net, target_layers=[layer]) as cam:
        theirs = torch.from_numpy(np.asarray(cam(view.x.clone().requires_grad_(), targets)))
    np.testing.assert_allclose(stretched(run(view, key)), stretched(theirs), atol=SHARE)


def test_grad_cam_plus_plus_is_its_papers_equation(view: View):
    """pytorch-grad-cam adds 1e-6 to the divisor, which is of the size of g²: it is 2 % off."""
    ((a, g),) = view.at_layers([view.layer]).values()
    a, g = a.clamp(min=0), g.clone()
    alpha = g**2 / (2 * g**2 + a.sum((2, 3), keepdim=True) * g**3)  # equation 19
    weights = torch.where(g != 0, alpha, 0.0) * g.clamp(min=0)
    theirs = (weights.sum((2, 3))[:, :, None, None] * a).sum(1).clamp(min=0)
    large = torch.nn.functional.interpolate(theirs[:, None], (224, 224), mode="bilinear")[:, 0]
    np.testing.assert_allclose(
        stretched(run(view, "grad_cam_plus_plus")), stretched(large), atol=SHARE
    )
