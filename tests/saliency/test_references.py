"""Saliency methods against captum and pytorch-grad-cam, and against properties they must have."""

from collections.abc import Callable
from contextlib import ExitStack

import captum.attr
import numpy as np
import pytest
import pytorch_grad_cam as peer
import timm
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torch.nn import functional

from core import saliency, scenes, zoo
from core.saliency import View
from core.steps import drain

CLASSES = [207, 5]


@pytest.fixture
def m() -> zoo.Model:
    return zoo.load("untrained/test_resnet", seed=3)


@pytest.fixture
def view(m: zoo.Model) -> View:
    """Two scenes and one class for each, in float64."""
    imgs = [scenes.draw(class_=name, seed=2, size=160).image for name in ("dog", "house")]
    m.net.double()
    target = torch.zeros(2, 1000, dtype=torch.float64)
    target[[0, 1], CLASSES] = 1
    generators = tuple(torch.Generator().manual_seed(0) for _ in imgs)
    return View(m, m.preprocess(imgs).double(), target, saliency.last_layer(m), generators)


def run(view: View, key: str, **options) -> torch.Tensor:
    return drain(saliency.methods()[key].explain(view, **options)).values


def assert_close(ours: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-6) -> None:
    assert (ours - expected).abs().max() <= tolerance * expected.abs().max()


def test_gradient_is_captums(view: View):
    expected = captum.attr.Saliency(view.m.net).attribute(view.x.clone(), CLASSES)
    assert_close(run(view, "gradient"), expected.amax(1))


def test_gradient_x_input_is_captums(view: View):
    expected = captum.attr.InputXGradient(view.m.net).attribute(view.x.clone(), CLASSES)
    assert_close(run(view, "gradient_x_input"), expected.sum(1))


def test_guided_backpropagation_is_captums(view: View):
    ours = run(view, "guided_backprop")
    expected = captum.attr.GuidedBackprop(view.m.net).attribute(view.x.clone(), CLASSES)
    assert_close(ours, expected.abs().amax(1))


class Stack(nn.Module):
    """Convolutions with an activation function after each."""

    def __init__(self, activation: Callable[[torch.Tensor], torch.Tensor]):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)])
        self.classifier = nn.Linear(8, 2)
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for convolution in self.convolutions:
            x = self.activation(convolution(x))
        return self.classifier(x.mean((2, 3)))


def guided_map(m: zoo.Model, activation: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    torch.manual_seed(0)
    m.net = Stack(activation).requires_grad_(False)
    x = torch.randn(1, 3, 20, 20)
    view = View(m, x, torch.tensor([[1.0, 0.0]]), "", (torch.Generator(),))
    plain, guided = run(view, "gradient"), run(view, "guided_backprop")
    assert not torch.allclose(plain, guided, rtol=0.1)
    return guided


@pytest.mark.parametrize(
    ("function", "module"),
    [
        (functional.gelu, nn.GELU()),
        (functional.silu, nn.SiLU()),
        (functional.relu, nn.ReLU()),
        (torch.relu, nn.ReLU()),
        (lambda x: functional.relu(x, inplace=True), nn.ReLU(inplace=True)),
        (lambda x: x.relu_(), nn.ReLU()),
        (functional.leaky_relu, nn.LeakyReLU()),
    ],
)
def test_guided_backpropagation_guides_functions_as_it_guides_modules(
    m: zoo.Model, function: Callable, module: nn.Module
):
    torch.testing.assert_close(guided_map(m, function), guided_map(m, module))


def test_the_activation_functions_of_an_nfnet_are_guided():
    """Those of DeepMind's compute functions that they were given (GammaAct)."""
    m = zoo.load("untrained/test_nfnet")
    net = timm.create_model("test_nfnet", gamma_in_act=True, act_layer="gelu", num_classes=1000)
    m.net = net.eval().requires_grad_(False)
    x = torch.randn(1, *m.input_size)
    target = torch.zeros(1, 1000)
    target[:, 3] = 1
    with ExitStack() as hooks:
        for module in m.net.modules():
            if type(module).__name__ in ("GammaAct", "ReLU"):
                hook = module.register_forward_hook(
                    lambda _module, _inputs, output: (
                        output.register_hook(lambda g: g.clamp(min=0)) and None
                    )
                )
                hooks.callback(hook.remove)
        leaf = x.clone().requires_grad_()
        (expected,) = torch.autograd.grad(m.net(leaf)[0, 3], leaf)
    guided = run(View(m, x, target, "", (torch.Generator(),)), "guided_backprop")
    assert_close(guided, expected.abs().amax(1), 1e-4)


def test_occlusion_is_captums(view: View):
    expected = captum.attr.Occlusion(view.m.net).attribute(
        view.x, (3, 40, 40), (3, 24, 24), baselines=0.0, target=CLASSES, perturbations_per_eval=8
    )
    assert_close(run(view, "occlusion", window=40, stride=24), expected[:, 0])


def test_integrated_gradients_are_close_to_captums_with_many_steps(view: View):
    black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
    expected = captum.attr.IntegratedGradients(view.m.net).attribute(
        view.x, black, CLASSES, n_steps=100, internal_batch_size=20
    )
    assert_close(run(view, "integrated_gradients", steps=96, limit=96), expected.sum(1), 0.05)


@pytest.mark.parametrize("baseline", ["black", "mean", "blur", "noise"])
def test_integrated_gradients_sum_to_the_change_of_the_score(view: View, baseline: str):
    steps = saliency.methods()["integrated_gradients"].explain(view, baseline=baseline, limit=512)
    maps = drain(steps)
    assert maps.notes["completeness error"].max() <= 0.01
    if baseline == "black":
        black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
        rows = torch.arange(2)
        change = view.scores(view.x, rows) - view.scores(black, rows)
        np.testing.assert_allclose(maps.values.sum((1, 2)), change, rtol=0.011)


def test_smoothgrad_is_the_mean_gradient_over_noisy_copies(view: View):
    ours, expected = run(view, "smooth_grad", samples=5, noise=0.2), []
    for row in range(2):
        generator = torch.Generator().manual_seed(0)
        x, sigma = view.x[row], 0.2 * (view.x[row].max() - view.x[row].min())
        total = torch.zeros_like(x)
        for _ in range(5):
            noise = sigma * torch.randn(x.shape, generator=generator).double()
            noisy = (x + noise).requires_grad_()
            total += torch.autograd.grad(view.m.net(noisy[None])[0, CLASSES[row]], noisy)[0]
        expected.append((total / 5).abs().amax(0))
    assert_close(ours, torch.stack(expected))


def test_without_noise_smoothgrad_is_the_gradient_and_vargrad_is_0(view: View):
    assert_close(run(view, "smooth_grad", samples=1, noise=0.0), run(view, "gradient"))
    assert run(view, "var_grad", samples=3, noise=0.0).max() < 1e-12 * run(view, "gradient").max()


def test_vargrad_is_the_variance_over_noisy_copies(view: View):
    gradients = []
    generator = torch.Generator().manual_seed(0)
    x, sigma = view.x[0], 0.1 * (view.x[0].max() - view.x[0].min())
    for _ in range(4):
        noise = sigma * torch.randn(x.shape, generator=generator).double()
        noisy = (x + noise).requires_grad_()
        gradients.append(torch.autograd.grad(view.m.net(noisy[None])[0, CLASSES[0]], noisy)[0])
    expected = torch.stack(gradients).var(0, correction=0).amax(0)
    assert_close(run(view, "var_grad", samples=4, noise=0.1)[0], expected)


CAMS: dict[str, Callable] = {
    "grad_cam": peer.GradCAM,
    "grad_cam_plus_plus": peer.GradCAMPlusPlus,
    "xgrad_cam": peer.XGradCAM,
    "layer_cam": peer.LayerCAM,
    "score_cam": peer.ScoreCAM,
}


@pytest.mark.parametrize("key", CAMS)
def test_class_activation_maps_are_pytorch_grad_cams(view: View, key: str):
    """pytorch-grad-cam stretches each map to 0 to 1, so our maps are stretched before comparing.

    It adds 1e-6 to divisors, which is not small in an untrained network, so logits are scaled up.
    """
    if key != "score_cam":  # its softmax over large scores would leave one channel
        view.m.net.fc.weight.mul_(1e4)
    ours = run(view, key)
    x = view.x.clone().requires_grad_()
    targets = [ClassifierOutputTarget(index) for index in CLASSES]
    with CAMS[key](model=view.m.net, target_layers=[view.m.net.layer4[-1]]) as cam:
        theirs = torch.from_numpy(np.asarray(cam(x, targets)))
    # Its Score-CAM adds 1e-8 to the range of each channel, which is small in this network.
    tolerance = 2e-3 if key == "score_cam" else 2e-4
    for our_map, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(stretch(our_map), stretch(expected), atol=tolerance)


def stretch(values: torch.Tensor) -> torch.Tensor:
    return (values - values.min()) / (values.max() - values.min())


class Square(nn.Module):
    """A network whose logits are the brightness of a square."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, :, 40:80, 60:100].mean((1, 2, 3))] * 2, 1)


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("occlusion", {"window": 20, "stride": 10}),
        ("rise", {"masks": 600}),
        ("superpixels", {"segments": 60, "samples": 200}),
        ("gradient", {}),
    ],
)
def test_methods_find_the_square_that_the_network_uses(m: zoo.Model, key: str, options: dict):
    m.net = Square()
    x = torch.full((1, 3, 160, 160), 0.5)
    x[:, :, 40:80, 60:100] = 2.0
    view = View(m, x, torch.tensor([[1.0, 0.0]]), "", (torch.Generator().manual_seed(0),))
    saliency_map = run(view, key, **options)[0]
    square = saliency_map[40:80, 60:100]
    inside = square.mean()
    outside = (saliency_map.sum() - square.sum()) / (160 * 160 - 1600)
    assert inside > 4 * outside.abs()
    row, column = divmod(int(saliency_map.argmax()), 160)
    assert 36 <= row < 84 and 56 <= column < 104


def test_eigen_cam_is_high_where_signed_activations_are_strong(m: zoo.Model):
    """The object's activations are mostly negative, as in a ConvNeXt."""
    x = torch.randn(1, 3, 32, 32) * 0.1
    x[:, :, 8:16, 8:16] += torch.tensor([-3.0, -3.0, 2.0])[:, None, None]
    m.net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    m.net[0].weight.data, m.net[0].bias.data = torch.eye(3)[..., None, None], torch.zeros(3)
    vars(m).pop("layers", None)
    view = View(m, x, torch.tensor([[1.0, 0.0, 0.0]]), "0", (torch.Generator(),))
    row, column = divmod(int(run(view, "eigen_cam").argmax()), 32)
    assert 8 <= row < 16 and 8 <= column < 16


def test_eigen_cam_is_the_first_principal_component(view: View):
    ours = run(view, "eigen_cam")
    ((activation, _),) = view.activations_and_gradients([view.layer]).values()
    for row in range(2):
        flat = activation[row].flatten(1).T.numpy()
        centred = flat - flat.mean(0)
        _, _, components = np.linalg.svd(centred, full_matrices=False)
        expected = (centred @ components[0]).reshape(activation.shape[2:])
        if (expected.ravel() * np.linalg.norm(flat, axis=1)).sum() < 0:
            expected = -expected
        large = view.resize_to_input(torch.from_numpy(expected.clip(0))[None])[0]
        assert_close(ours[row], large)
