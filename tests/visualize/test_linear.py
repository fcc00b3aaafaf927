"""Linear layers are known, and their pictures show what the filter looks for."""

import numpy as np
import pytest
import torch

from core import visualize, zoo
from core.visualize import linear
from core.visualize.terms import Answers, Channel

LINEAR = {
    "bundled/scenes-resnet": ["conv1.0", "conv1.1"],
    "bundled/scenes-convnext": ["stem.0"],
    "bundled/scenes-mobilenet": ["conv_stem"],
}
CURVED = {
    "bundled/scenes-resnet": ["conv1.2", "conv1.3", "bn1", "layer1.0"],
    "bundled/scenes-convnext": ["stem.1", "stages.0"],
    "bundled/scenes-mobilenet": ["bn1", "blocks.0.0"],
}


@pytest.mark.usefixtures("bundled")
@pytest.mark.parametrize("name", LINEAR)
def test_linear_layers_are_told_from_others(name):
    m = zoo.load(name)
    assert all(linear.levels_if_linear(m, layer) is not None for layer in LINEAR[name])
    assert all(linear.levels_if_linear(m, layer) is None for layer in CURVED[name])


@pytest.mark.usefixtures("bundled")
def test_only_channels_of_linear_layers_are_told_otherwise():
    m = zoo.load("bundled/scenes-mobilenet")
    asked = visualize.channel("conv_stem", 1) - 2 * visualize.channel("bn1", 1)
    (told,) = linear.suited(m, [asked])
    (_, first), (_, second) = told.terms
    level = float(linear.levels_if_linear(m, "conv_stem")[1])
    assert first == Answers("conv_stem", 1, level, sign=1)
    assert second == Channel("bn1", 1)
    (less,) = linear.suited(m, [-visualize.channel("conv_stem", 1)])
    assert less.terms[0][1] == Answers("conv_stem", 1, level, sign=-1)
    neuron = visualize.neuron("conv_stem", 1)
    assert linear.suited(m, [neuron]) == [neuron]


def test_the_level_is_what_a_plain_picture_of_the_mean_colour_gives():
    m = zoo.load("test_resnet", pretrained=False, seed=0)
    m.net.conv1[0].bias = torch.nn.Parameter(torch.arange(float(m.net.conv1[0].out_channels)))
    levels = linear.levels_if_linear(m, "conv1.0")
    torch.testing.assert_close(levels, torch.arange(len(levels)).double())


def test_an_edge_filter_of_a_linear_layer_shows_edges():
    """Planted: a filter that is almost blind to plain colour; its mean would be all it rises by."""
    m = zoo.load("test_resnet", pretrained=False, seed=0)
    edge = torch.tensor([[-1.0, 0.0, 1.02]] * 3)
    with torch.no_grad():
        m.net.conv1[0].weight[0] = edge
    assert linear.levels_if_linear(m, "conv1.0") is not None
    (picture,) = visualize.render(m, [visualize.channel("conv1.0", 0)], size=48, seed=1)
    grey = picture.astype(float).mean(axis=2)
    across, down = np.abs(np.diff(grey, axis=1)).mean(), np.abs(np.diff(grey, axis=0)).mean()
    assert across > 20
    assert across > 1.3 * down
