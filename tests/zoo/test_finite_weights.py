"""Weights that are not finite are refused; limits of a clipping may be infinite."""

import pytest
import timm
import torch
from torch import nn

from core import zoo
from core.zoo import loading


def _net() -> nn.Module:
    net = timm.create_model("test_resnet")
    net.register_buffer("upper_limit", torch.tensor(torch.inf))
    return net


def _check(net: nn.Module) -> None:
    loading._check_finite(zoo.describe("untrained/test_resnet"), net)


def test_an_infinite_limit_is_accepted():
    """The clipping of Gemma's vision network (timm's gemma4_vit) has such limits."""
    _check(_net())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("conv1.0.weight", torch.inf), ("conv1.0.weight", torch.nan),
        ("bn1.running_var", torch.inf), ("bn1.running_var", torch.nan), ("upper_limit", torch.nan),
    ],
)  # fmt: skip
def test_other_values_are_refused(name: str, value: float):
    net = _net()
    net.state_dict()[name].view(-1)[0] = value
    with pytest.raises(zoo.WeightsUnavailable, match=name):
        _check(net)
