"""Receptive fields: those that can be worked out by hand, and where they lie."""

import pytest
import torch
from torch import nn

from core import dissect, zoo


@pytest.fixture
def plain():
    """A network whose fields are known: 3 × 3, then 3 × 3 in steps of 2, then all."""
    m = zoo.load("untrained/test_resnet")
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, 2, 1), nn.AdaptiveAvgPool2d(1)
    )
    for parameter in net.parameters():
        nn.init.constant_(parameter, 1.0)
    m.net = net.eval().requires_grad_(False)
    return m


def test_fields_of_plain_convolutions(plain: zoo.Model):
    side = plain.input_size[1]
    fields = dissect.receptive_fields(plain, ["0", "1", "2"])
    assert fields["0"] == pytest.approx(3, abs=0.01)
    assert 3 <= fields["1"] <= 5  # 5 in theory, where the corners hold a 25th as much
    assert fields["2"] > 0.8 * side


def test_fields_grow_with_depth(small_model: zoo.Model):
    fields = dissect.receptive_fields(small_model, ["layer1", "layer2", "layer3", "layer4"])
    sides = list(fields.values())
    assert sides == sorted(sides)


def test_a_box_lies_about_its_place(small_model: zoo.Model):
    _, height, width = small_model.input_size
    rows, columns = small_model.layers["layer2"].shape[1:]
    box = dissect.field_box(small_model, "layer2", 10.0, (0, columns - 1))
    step = height / rows, width / columns
    assert box == (
        width - step[1] / 2 - 5,
        step[0] / 2 - 5,
        width - step[1] / 2 + 5,
        step[0] / 2 + 5,
    )


def test_the_network_is_left_as_it_was(small_model: zoo.Model):
    dissect.receptive_fields(small_model, ["layer1"])
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert all(parameter.grad is None for parameter in small_model.net.parameters())
    assert torch.is_grad_enabled()
