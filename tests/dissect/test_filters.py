"""First filters: those of the first layer, stretched about grey."""

import numpy as np
import pytest
import torch

from core import dissect, zoo


def test_filters_are_the_first_convolutions_weights_about_grey():
    m = zoo.load("untrained/test_resnet")
    first = next(p for p in m.net.parameters() if p.ndim == 4)
    with torch.no_grad():
        first[0] = 0
        first[0, 2, 1, 0] = -0.5  # blue, second row, first column
        first[0, 0, 0, 0] = 0.25
    filters = dissect.first_filters(m)
    assert filters.shape == (len(first), *first.shape[2:], 3)
    assert filters[0, 1, 0].tolist() == [128, 128, 0]
    assert filters[0, 0, 0].tolist() == [191, 128, 128]
    assert (np.abs(filters.astype(int) - 127.5).max(axis=(1, 2, 3)) > 127).all()


def test_of_two_first_convolutions_the_wider_is_shown():
    assert dissect.first_filters(zoo.load("untrained/repvgg_a0")).shape[1:3] == (3, 3)


def test_a_network_that_does_not_begin_with_colours_says_so():
    m = zoo.load("untrained/test_resnet")
    _ = m.layers  # traced as it was
    first = next(module for module in m.net.modules() if isinstance(module, torch.nn.Conv2d))
    first.weight = torch.nn.Parameter(torch.zeros(4, 1, 3, 3))
    with pytest.raises(dissect.filters.NoFilters, match="colours"):
        dissect.first_filters(m)
