"""Filters of the first convolution as pictures around grey."""

import numpy as np
import pytest
import torch

from core import dissect, zoo


def test_filters_are_the_first_convolutions_weights_around_grey():
    m = zoo.load("untrained/test_resnet")
    weight = next(parameter for parameter in m.net.parameters() if parameter.ndim == 4)
    with torch.no_grad():
        weight[0] = 0
        weight[0, 2, 1, 0] = -0.5  # blue, second row, first column
        weight[0, 0, 0, 0] = 0.25
    filters = dissect.first_filters(m)
    assert filters.shape == (len(weight), *weight.shape[2:], 3)
    assert filters[0, 1, 0].tolist() == [128, 128, 0]
    assert filters[0, 0, 0].tolist() == [191, 128, 128]
    assert (np.abs(filters.astype(int) - 127.5).max(axis=(1, 2, 3)) > 127).all()


def test_largest_kernel_is_used_if_several_convolutions_read_the_input():
    assert dissect.first_filters(zoo.load("untrained/repvgg_a0")).shape[1:3] == (3, 3)


def test_network_without_a_convolution_over_colours_raises():
    m = zoo.load("untrained/test_resnet")
    _ = m.layers  # list the layers before the network is changed
    first = next(module for module in m.net.modules() if isinstance(module, torch.nn.Conv2d))
    first.weight = torch.nn.Parameter(torch.zeros(4, 1, 3, 3))
    with pytest.raises(dissect.filters.NoFilters, match="colours"):
        dissect.first_filters(m)
