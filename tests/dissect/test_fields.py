"""Receptive fields: known sizes of plain convolutions, growth with depth, and their boxes."""

import numpy as np
import pytest
import torch
from torch import nn

from core import dissect, zoo
from core.dissect import fields


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


def test_network_is_unchanged(small_model: zoo.Model):
    dissect.receptive_fields(small_model, ["layer1"])
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert all(parameter.grad is None for parameter in small_model.net.parameters())
    assert torch.is_grad_enabled()


def test_each_layer_is_a_step(small_model: zoo.Model, monkeypatch):
    """All layers of a large network take seconds, for which others would have to wait."""
    measured: list[tuple[int, int]] = []
    side = fields._side

    def recording_side(squared_gradient: np.ndarray) -> float:
        measured.append(squared_gradient.shape)
        return side(squared_gradient)

    monkeypatch.setattr(fields, "_side", recording_side)
    steps = dissect.receptive_fields_steps(small_model, ["layer1", "layer2", "layer3"])
    assert [len(measured) for _ in steps] == [0, 1, 2]
