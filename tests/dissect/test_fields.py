"""Receptive fields: known sizes of plain convolutions, growth with depth, and their boxes."""

import pytest
import torch
from torch import nn

from core import dissect, zoo


@pytest.fixture
def convolutions():
    """A network with known fields: a 3 × 3 convolution, another of stride 2, global pooling."""
    m = zoo.load("untrained/test_resnet")
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, 2, 1), nn.AdaptiveAvgPool2d(1)
    )
    for parameter in net.parameters():
        nn.init.constant_(parameter, 1.0)
    m.net = net.eval().requires_grad_(False)
    return m


def test_fields_of_plain_convolutions_are_those_computed_by_hand(convolutions: zoo.Model):
    input_side = convolutions.input_size[1]
    sides = dissect.receptive_fields(convolutions, ["0", "1", "2"])
    assert sides["0"] == pytest.approx(3, abs=0.01)
    assert 3 <= sides["1"] <= 5  # 5 in theory, but the corners hold a 25th as much
    assert sides["2"] > 0.8 * input_side


def test_fields_grow_with_depth(small_model: zoo.Model):
    sides = dissect.receptive_fields(small_model, ["layer1", "layer2", "layer3", "layer4"])
    values = list(sides.values())
    assert values == sorted(values)


class Constant(nn.Module):
    """Returns the same for every picture."""

    def forward(self, x):
        return x.new_ones(len(x), 4, 8, 8)


def test_the_field_of_a_layer_that_does_not_depend_on_the_input_is_0(convolutions: zoo.Model):
    convolutions.net.add_module("2", nn.Sequential(Constant(), nn.AdaptiveAvgPool2d(1)))
    sides = dissect.receptive_fields(convolutions, ["0", "2.0"])
    assert sides["0"] == pytest.approx(3, abs=0.01)
    assert sides["2.0"] == 0


def test_network_is_unchanged(small_model: zoo.Model):
    dissect.receptive_fields(small_model, ["layer1"])
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert all(parameter.grad is None for parameter in small_model.net.parameters())
    assert torch.is_grad_enabled()


def test_each_layer_is_a_step(small_model: zoo.Model, monkeypatch):
    """All layers of a large network take seconds, for which others would have to wait."""
    measured: list[torch.Tensor] = []
    grad = torch.autograd.grad

    def recording_grad(total: torch.Tensor, *args, **options) -> tuple[torch.Tensor, ...]:
        measured.append(total)
        return grad(total, *args, **options)

    monkeypatch.setattr(torch.autograd, "grad", recording_grad)
    steps = dissect.receptive_fields_steps(small_model, ["layer1", "layer2", "layer3"])
    assert [len(measured) for _ in steps] == [0, 1, 2]
