"""Components: the shapes and weights that the page shows are those of the network."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from core.train_lab import networks
from core.train_lab.components import Kind, list_components
from core.train_lab.experiment import SIZES, Experiment

FIRST = Experiment()
INNER = (Kind.CONVOLUTION, Kind.ACTIVATION, Kind.POOLING, Kind.DENSE)


def outputs(net, size):
    """Return the shape of each layer's output, from a real forward pass."""
    x, shapes = torch.zeros(1, 3, size, size), {}
    for name, layer in net.named_children():
        x = layer(x)
        shapes[name] = tuple(x.shape[1:])
    return shapes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("blocks", range(1, 6))
def test_shapes_and_weights_are_those_of_the_network(blocks, size):
    experiment = replace(FIRST, blocks=blocks, size=size)
    net = networks.build(experiment)
    shapes = outputs(net, size)
    components = list_components(experiment)
    inner = [each for each in components if each.kind in INNER]
    assert {each.name: each.after for each in inner} == {
        name: shape for name, shape in shapes.items() if name != "flatten"
    }
    for each in inner:
        layer = net.get_submodule(each.name)
        assert each.weights == sum(p.numel() for p in layer.parameters())
    dense = next(each for each in components if each.kind is Kind.DENSE)
    assert dense.before == (net.get_submodule("dense").in_features,)
    assert components[0].after == (3, size, size)
    total = sum(p.numel() for p in net.parameters())
    assert components[-1].after == (total,) == (sum(each.weights for each in components),)


def test_components_come_in_the_order_of_computation():
    kinds = [each.kind for each in list_components(replace(FIRST, blocks=2))]
    block = [Kind.CONVOLUTION, Kind.ACTIVATION, Kind.POOLING]
    last = [Kind.DENSE, Kind.SOFTMAX, Kind.LOSS, Kind.OPTIMISER]
    assert kinds == [Kind.INPUT, *block, *block, *last]


@pytest.mark.parametrize("name", ["test_resnet", "mobilenetv3_small_050", "regnetx_002"])
def test_an_architecture_of_timm_has_a_stem_stages_and_a_head(name):
    experiment = replace(FIRST, network=name, size=64)
    components = list_components(experiment)
    kinds = [each.kind for each in components]
    assert kinds[:2] == [Kind.INPUT, Kind.STEM]
    assert Kind.HEAD in kinds
    stages = [each for each in components if each.kind is Kind.STAGE]
    sides = [each.after[1] for each in stages]
    assert sides == sorted(set(sides), reverse=True)
    for earlier, later in pairwise(components):
        if later.kind in (Kind.STEM, Kind.STAGE, Kind.HEAD):
            assert later.before == earlier.after
    net = networks.build(experiment)
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    assert components[1].after[0] == first.out_channels
    assert sum(each.weights for each in components) == sum(p.numel() for p in net.parameters())


def test_listing_components_leaves_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    list_components(FIRST)
    assert torch.equal(torch.rand(1), expected)
