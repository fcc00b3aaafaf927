"""Methods borrow a network whenever they hook or copy it, so that threads never disturb each other.

A network that is hooked without being borrowed gives other threads wrong results.
"""

import copy
import threading
from collections.abc import Callable

import pytest
import torch
from PIL import Image
from torch import nn

from core import dissect, saliency, visualize, zoo
from core.steps import drain
from core.visualize import Quality, ascent

QUICK = Quality(size=32, steps=4)
UNIT = visualize.channel("layer2", 3)


def is_lent(m: zoo.Model) -> bool:
    """Return whether another thread would have to wait for the network."""
    acquired: list[bool] = []

    def try_to_borrow() -> None:
        acquired.append(m._lock.acquire(blocking=False))
        if acquired[0]:
            m._lock.release()

    thread = threading.Thread(target=try_to_borrow)
    thread.start()
    thread.join()
    return not acquired[0]


@pytest.fixture
def m() -> zoo.Model:
    """A model of the test's own, whose layers are listed."""
    m = zoo.load("untrained/test_resnet")
    assert m.layers
    return m


@pytest.fixture
def lent(m: zoo.Model, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the network is lent, each time that one of its modules is hooked or copied."""
    seen: list[bool] = []
    modules = set(m.net.modules())

    def watch(owner: object, name: str) -> None:
        original: Callable = getattr(owner, name)

        def watched(module: object, *args, **options):
            if isinstance(module, nn.Module) and module in modules:
                seen.append(is_lent(m))
            return original(module, *args, **options)

        monkeypatch.setattr(owner, name, watched)

    watch(nn.Module, "register_forward_hook")
    watch(nn.Module, "register_forward_pre_hook")
    watch(copy, "deepcopy")
    return seen


@pytest.mark.parametrize(
    "compute",
    [
        lambda m, img: drain(ascent.ascent_steps(m, [UNIT], QUICK, 0, redirected=True)),
        lambda m, img: saliency.explain(m, [img], "guided_backprop"),
        lambda m, img: saliency.explain(m, [img], "grad_cam"),
        lambda m, img: drain(saliency.sanity_steps(m, [img], "gradient")),
        lambda m, img: dissect.votes(m, img),
        lambda m, img: dissect.incoming(m, [img], "layer2", 3, "layer1"),
        lambda m, img: dissect.outgoing(m, [img], "layer1", 3, "layer2"),
        lambda m, img: dissect.logits_without(m, [img], {"layer1": [0]}),
        lambda m, img: dissect.responses(m, [img], ["layer1"]),
        lambda m, img: m.copy(),
    ],
    ids=["ascent", "guided", "cam", "sanity", "votes", "incoming", "outgoing", "ablation",
         "responses", "copy"],
)  # fmt: skip
def test_a_network_is_lent_whenever_it_is_hooked_or_copied(
    m: zoo.Model, noise: Image.Image, lent: list[bool], compute: Callable
):
    compute(m, noise)
    assert lent
    assert all(lent)


def test_an_ascent_with_redirected_gradients_leaves_those_of_other_threads_alone(
    m: zoo.Model, monkeypatch: pytest.MonkeyPatch
):
    x = torch.randn(1, *m.input_size, generator=torch.Generator().manual_seed(0))

    def gradient() -> torch.Tensor:
        leaf = x.clone().requires_grad_()
        with m.borrow() as net:
            return torch.autograd.grad(net(leaf)[0, 3], leaf)[0]

    expected, taken = gradient(), []
    transform = ascent.transform

    def take_a_gradient_elsewhere(*args):
        thread = threading.Thread(target=lambda: taken.append(gradient()))
        thread.start()
        thread.join()
        return transform(*args)

    monkeypatch.setattr(ascent, "transform", take_a_gradient_elsewhere)
    drain(ascent.ascent_steps(m, [UNIT], QUICK, 0, redirected=True))
    assert len(taken) == QUICK.steps
    for found in taken:
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_a_copied_network_is_independent(m: zoo.Model):
    copied = m.copy()
    with torch.no_grad():
        copied.net.conv1[0].weight.zero_()
    assert m.net.conv1[0].weight.any()
    with m.borrow():
        assert not is_lent(copied)
    assert (copied.card, copied.device, copied.weights_id) == (m.card, m.device, m.weights_id)
