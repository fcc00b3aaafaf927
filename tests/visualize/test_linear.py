"""Affine layers are detected, and pictures of their channels show the filter's pattern."""

import numpy as np
import pytest
import torch

from core import visualize, zoo
from core.visualize import linear
from core.visualize.terms import Channel, LinearChannel

AFFINE = {
    "bundled/scenes-resnet": ["conv1.0", "conv1.1"],
    "bundled/scenes-convnext": ["stem.0"],
    "bundled/scenes-mobilenet": ["conv_stem"],
}
NONLINEAR = {
    "bundled/scenes-resnet": ["conv1.2", "conv1.3", "bn1", "layer1.0"],
    "bundled/scenes-convnext": ["stem.1", "stages.0"],
    "bundled/scenes-mobilenet": ["bn1", "blocks.0.0"],
}


@pytest.mark.usefixtures("bundled")
@pytest.mark.parametrize("name", AFFINE)
def test_affine_layers_are_detected(name):
    m = zoo.load(name)
    assert all(linear.baselines_if_affine(m, layer) is not None for layer in AFFINE[name])
    assert all(linear.baselines_if_affine(m, layer) is None for layer in NONLINEAR[name])


@pytest.mark.usefixtures("bundled")
def test_only_channel_terms_of_affine_layers_are_replaced():
    m = zoo.load("bundled/scenes-mobilenet")
    objective = visualize.channel("conv_stem", 1) - 2 * visualize.channel("bn1", 1)
    (replaced,) = linear.use_linear_channels(m, [objective])
    (_, first), (_, second) = replaced.terms
    baseline = float(linear.baselines_if_affine(m, "conv_stem")[1])
    assert first == LinearChannel("conv_stem", 1, baseline, sign=1)
    assert second == Channel("bn1", 1)
    (negative,) = linear.use_linear_channels(m, [-visualize.channel("conv_stem", 1)])
    assert negative.terms[0][1] == LinearChannel("conv_stem", 1, baseline, sign=-1)
    neuron = visualize.neuron("conv_stem", 1)
    assert linear.use_linear_channels(m, [neuron]) == [neuron]


def test_baseline_is_the_response_to_a_picture_of_the_mean_colour():
    m = zoo.load("test_resnet", pretrained=False, seed=0)
    m.net.conv1[0].bias = torch.nn.Parameter(torch.arange(float(m.net.conv1[0].out_channels)))
    baselines = linear.baselines_if_affine(m, "conv1.0")
    torch.testing.assert_close(baselines, torch.arange(len(baselines)).double())


def test_picture_of_an_edge_filter_shows_edges():
    """The filter hardly responds to uniform colour, which is all that its mean could reward."""
    m = zoo.load("test_resnet", pretrained=False, seed=0)
    edge = torch.tensor([[-1.0, 0.0, 1.02]] * 3)
    with torch.no_grad():
        m.net.conv1[0].weight[0] = edge
    assert linear.baselines_if_affine(m, "conv1.0") is not None
    (picture,) = visualize.render(m, [visualize.channel("conv1.0", 0)], size=48, seed=1)
    grey = picture.astype(float).mean(axis=2)
    horizontal_change = np.abs(np.diff(grey, axis=1)).mean()
    vertical_change = np.abs(np.diff(grey, axis=0)).mean()
    assert horizontal_change > 20
    assert horizontal_change > 1.3 * vertical_change
