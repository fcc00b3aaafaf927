"""What networks cost: counts that are known, memory that is what was alive."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from core import compare, zoo
from core.compare.backbones import _Alive
from core.cores import on_one_core
from core.zoo.table import architectures


@pytest.mark.parametrize(
    ("name", "known"),
    # He et al. 2016, table 1, with the stride where torchvision and timm have it (4.1);
    # Sandler et al. 2018, table 4: 300 M.
    [("resnet50", 4.1e9), ("mobilenetv2_100", 0.30e9)],
)
def test_multiply_adds_are_the_published_ones(name, known):
    m = zoo.load(f"untrained/{name}")
    assert compare.multiply_adds(m) == pytest.approx(known, rel=0.02)


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext", "test_efficientnet"])
def test_multiply_adds_are_those_that_torch_counts(name):
    """Channels-last layers, depthwise ones and gates among them."""
    m = zoo.load(f"untrained/{name}")
    assert compare.multiply_adds(m) == architectures()[name].multiply_adds


def test_memory_is_what_is_alive_at_once():
    with _Alive([]) as alive:
        first = torch.zeros(1000)
        second = first + 1
        second.add_(1)
        second.view(10, 100)
        del first
        third = second * 2
        del second, third
    assert alive.most == 8000
    assert alive.now == 0


def test_weights_are_not_counted_as_computed():
    net = nn.Linear(100, 100, bias=False)
    with torch.no_grad(), _Alive(list(net.parameters())) as alive:
        net.weight.t()
        net(torch.zeros(1, 100))
    assert alive.most == 2 * 400  # the input was made inside


def test_a_network_is_measured_and_left_as_it_was(small_model: zoo.Model):
    hooks = sum(len(module._forward_hooks) for module in small_model.net.modules())
    found = compare.costs(small_model)
    assert found.parameters == architectures()["test_resnet"].parameters
    assert 3 <= len(found.seconds) <= 20
    assert (found.seconds > 0).all()
    largest = max(np.prod(layer.shape) for layer in small_model.layers.values())
    every = sum(np.prod(layer.shape) for layer in small_model.layers.values())
    alive = found.memory - small_model.memory
    assert 4 * 2 * largest <= alive < 4 * every
    assert hooks == sum(len(module._forward_hooks) for module in small_model.net.modules())


def test_the_table_has_a_row_a_network_and_blanks_where_nothing_is_known():
    costs = compare.Costs(10, 20, np.array([0.5, 0.001, 0.002]), 3_000_000)
    verdicts = compare.Verdicts(("cat", "dog"), np.array([1.0, 1.0], np.float32))
    scored = {"one": compare.marks(verdicts, ["cat", "cat"], ["cat", "dog"])}
    table = compare.table({"one": costs, "other": costs}, scored)
    assert table.loc["one"].tolist() == [10, 20, 2.0, 3.0, 0.5, 0.5]
    assert table.loc["other", ["accuracy", "ECE"]].isna().all()


def test_the_machine_is_the_same_in_a_thread_that_is_held_to_one_core():
    asked = torch.device("cpu")
    with ThreadPoolExecutor(1, initializer=on_one_core) as page:
        assert page.submit(compare.machine, asked).result() == compare.machine(asked)
        assert page.submit(torch.get_num_threads).result() == 1
