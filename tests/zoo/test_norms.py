"""Batch norms computed as affine maps give the same, and are themselves again afterwards."""

import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import nn

from core import zoo
from core.zoo import norms


def trained(m: zoo.Model) -> zoo.Model:
    """With norms that do something, in float64."""
    dice = torch.Generator().manual_seed(3)
    for module in m.net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean):
                values.data = torch.randn(values.shape, generator=dice)
            module.running_var.data = torch.rand(module.running_var.shape, generator=dice) + 0.5
    m.net.double()
    return m


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "mobilenetv3_small_050"])
def test_logits_and_gradients_are_the_same(name):
    m = trained(zoo.load(name, pretrained=False))
    x = torch.rand(2, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    found = {}
    for backward in (False, True):
        with m.borrow(backward=backward) as net:
            logits = net(x)
            (gradient,) = torch.autograd.grad(logits[:, 1].sum(), x)
        found[backward] = logits.detach(), gradient
    torch.testing.assert_close(found[True], found[False], rtol=1e-9, atol=1e-12)
    assert not torch.equal(found[True][1], found[False][1])  # it was computed otherwise


def test_every_kind_of_its_options_is_the_same():
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64)
    kinds = [
        nn.BatchNorm2d(4, eps=0.1),
        nn.BatchNorm2d(4, affine=False),
        nn.BatchNorm2d(4, track_running_stats=False),
        BatchNormAct2d(4, act_layer=nn.SiLU),
        BatchNormAct2d(4, apply_act=False),
    ]
    for norm in kinds:
        norm.double().eval()
        expected = norm(x)
        with norms.affine(norm):
            torch.testing.assert_close(norm(x), expected)


def test_networks_are_themselves_again_also_after_an_error_and_within_another_use():
    m = zoo.load("test_resnet", pretrained=False)
    changed = [one for one in m.net.modules() if type(one) in norms.KINDS]
    with m.borrow(backward=True), m.borrow(backward=True):
        assert all("forward" in vars(one) for one in changed)
    assert not any("forward" in vars(one) for one in changed)
    with pytest.raises(RuntimeError, match="on purpose"), m.borrow(backward=True):
        raise RuntimeError("on purpose")
    assert not any("forward" in vars(one) for one in changed)


def test_hooks_on_norms_are_still_called():
    m = zoo.load("test_resnet", pretrained=False)
    heard = []
    with m.borrow(backward=True) as net:
        net.bn1.register_forward_hook(lambda *_: heard.append(1))
        net(torch.zeros(1, *m.input_size))
    assert heard == [1]
