"""Costs of networks: multiply-adds equal published counts; memory is what was alive at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from core import compare, zoo
from core.compare.backbones import _AllocationTracker
from core.threads import limit_to_one_thread
from core.zoo.table import architectures


@pytest.mark.parametrize(
    ("name", "published"),
    # He et al. 2016, table 1, but 4.1 G because torchvision and timm stride in another layer;
    # Sandler et al. 2018, table 4: 300 M.
    [("resnet50", 4.1e9), ("mobilenetv2_100", 0.30e9)],
)
def test_multiply_adds_equal_the_published_count(name, published):
    m = zoo.load(f"untrained/{name}")
    assert compare.multiply_adds(m) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext", "test_efficientnet"])
def test_multiply_adds_equal_the_count_of_torch(name):
    """The networks have channels-last, depthwise and gating layers."""
    m = zoo.load(f"untrained/{name}")
    assert compare.multiply_adds(m) == architectures()[name].multiply_adds


def test_peak_memory_is_the_largest_total_of_live_tensors():
    with _AllocationTracker([]) as tracker:
        first = torch.zeros(1000)
        second = first + 1
        second.add_(1)
        second.view(10, 100)
        del first
        third = second * 2
        del second, third
    assert tracker.peak == 8000
    assert tracker.current == 0


def test_existing_tensors_are_not_counted():
    net = nn.Linear(100, 100, bias=False)
    with torch.no_grad(), _AllocationTracker(list(net.parameters())) as tracker:
        net.weight.t()
        net(torch.zeros(1, 100))
    assert tracker.peak == 2 * 400  # the input, which was created inside, and the output


def test_measuring_costs_leaves_the_network_unchanged(small_model: zoo.Model):
    hooks = sum(len(module._forward_hooks) for module in small_model.net.modules())
    costs = compare.measure_costs(small_model)
    assert costs.parameters == architectures()["test_resnet"].parameters
    assert 3 <= len(costs.seconds) <= 20
    assert (costs.seconds > 0).all()
    largest = max(np.prod(layer.shape) for layer in small_model.layers.values())
    total = sum(np.prod(layer.shape) for layer in small_model.layers.values())
    activations = costs.memory - small_model.memory
    assert 4 * 2 * largest <= activations < 4 * total
    assert hooks == sum(len(module._forward_hooks) for module in small_model.net.modules())


def test_the_table_has_a_row_per_network_and_nan_without_accuracy():
    costs = compare.Costs(10, 20, np.array([0.5, 0.001, 0.002]), 3_000_000)
    predictions = compare.TopPredictions(("cat", "dog"), np.array([1.0, 1.0], np.float32))
    accuracy = compare.measure_accuracy(predictions, ["cat", "cat"], ["cat", "dog"])
    table = compare.backbone_table({"first": costs, "second": costs}, {"first": accuracy})
    assert table.loc["first"].tolist() == [10, 20, 2.0, 3.0, 0.5, 0.5]
    assert table.loc["second", ["accuracy", "ECE"]].isna().all()


def test_the_machine_name_is_the_same_in_a_thread_limited_to_one_core():
    cpu = torch.device("cpu")
    with ThreadPoolExecutor(1, initializer=limit_to_one_thread) as executor:
        assert executor.submit(compare.machine_name, cpu).result() == compare.machine_name(cpu)
        assert executor.submit(torch.get_num_threads).result() == 1
