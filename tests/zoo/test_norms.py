"""Batch norms computed as affine maps have the same outputs and are restored afterwards."""

import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import nn

from core import zoo
from core.zoo import norms


def randomise_batch_norms(m: zoo.Model) -> zoo.Model:
    """Replace the batch norms' initial values, which do nothing, and convert to float64."""
    generator = torch.Generator().manual_seed(3)
    for module in m.net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean):
                values.data = torch.randn(values.shape, generator=generator)
            shape = module.running_var.shape
            module.running_var.data = torch.rand(shape, generator=generator) + 0.5
    m.net.double()
    return m


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "mobilenetv3_small_050"])
def test_logits_and_gradients_are_the_same_as_with_torchs_batch_norms(name):
    m = randomise_batch_norms(zoo.load(name, pretrained=False))
    x = torch.rand(2, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    outputs = {}
    for backward in (False, True):
        with m.borrow(backward=backward) as net:
            logits = net(x)
            (gradient,) = torch.autograd.grad(logits[:, 1].sum(), x)
        outputs[backward] = logits.detach(), gradient
    torch.testing.assert_close(outputs[True], outputs[False], rtol=1e-9, atol=1e-12)
    # The last digits differ, which shows that the affine maps were used.
    assert not torch.equal(outputs[True][1], outputs[False][1])


def test_batch_norms_with_every_option_have_the_same_outputs():
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64)
    batch_norms = [
        nn.BatchNorm2d(4, eps=0.1),
        nn.BatchNorm2d(4, affine=False),
        nn.BatchNorm2d(4, track_running_stats=False),
        BatchNormAct2d(4, act_layer=nn.SiLU),
        BatchNormAct2d(4, apply_act=False),
    ]
    for norm in batch_norms:
        norm.double().eval()
        expected = norm(x)
        with norms.affine_batch_norms(norm):
            torch.testing.assert_close(norm(x), expected)


def test_batch_norms_are_restored_after_nested_use_and_after_an_error():
    m = zoo.load("test_resnet", pretrained=False)
    batch_norms = [module for module in m.net.modules() if type(module) in norms.BATCH_NORMS]
    with m.borrow(backward=True), m.borrow(backward=True):
        assert all("forward" in vars(norm) for norm in batch_norms)
    assert not any("forward" in vars(norm) for norm in batch_norms)
    with pytest.raises(RuntimeError, match="on purpose"), m.borrow(backward=True):
        raise RuntimeError("on purpose")
    assert not any("forward" in vars(norm) for norm in batch_norms)


def test_hooks_on_norms_are_still_called():
    m = zoo.load("test_resnet", pretrained=False)
    calls = []
    with m.borrow(backward=True) as net:
        net.bn1.register_forward_hook(lambda *_: calls.append(1))
        net(torch.zeros(1, *m.input_size))
    assert calls == [1]
