"""The probe reads what each layer returned at that moment, as copies in plain hooks show."""

import pytest
import timm
import torch
from torch import nn

from core import probe, zoo
from core.layer_tracing import trace_layers
from core.layers import UnknownLayer, find_layers
from core.zoo.table import architectures

SIZE = (3, 96, 128)


def smallest_of_each_family() -> list[str]:
    smallest: dict[str, str] = {}
    for row in architectures().values():
        if row.kind == "CNN":
            best = smallest.get(row.family)
            if best is None or row.multiply_adds < architectures()[best].multiply_adds:
                smallest[row.family] = row.name
    return sorted(smallest.values())


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model(name).eval().requires_grad_(False)


def snapshots(net: nn.Module, x: torch.Tensor) -> list[tuple[str, torch.Tensor]]:
    """Copy every output within its hook, before any later layer can overwrite it."""
    copies: list[tuple[str, torch.Tensor]] = []

    def flatten(output):
        if isinstance(output, torch.Tensor):
            yield output
        elif isinstance(output, tuple | list):
            for item in output:
                yield from flatten(item)

    def copy_outputs(name):
        return lambda _m, _i, output: copies.extend((name, t.clone()) for t in flatten(output))

    handles = [m.register_forward_hook(copy_outputs(n)) for n, m in net.named_modules() if n]
    with torch.no_grad():
        net(x)
    for handle in handles:
        handle.remove()
    return copies


def read_all(net: nn.Module, layers, x: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad(), probe.Probe(net, list(layers.values())) as layer_probe:
        layer_probe.run(x)
    return layer_probe.activations


@pytest.mark.parametrize("name", smallest_of_each_family())
def test_every_layer_of_every_family_reads_as_the_module_returned_it(name: str):
    net = build(name)
    size = (3, max(96, minimum_size(name)), max(128, minimum_size(name)))
    x = torch.randn(2, *size)
    layers = trace_layers(net, size)
    activations = read_all(net, layers, x)
    copies = snapshots(net, x)
    assert len(layers) == len(copies)
    for layer, (module, copy) in zip(layers.values(), copies, strict=True):
        assert layer.module == module
        expected = copy.movedim(layer.channel_axis, 1)
        assert torch.equal(activations[layer.name], expected), layer.name
        assert layer.shape == tuple(expected.shape[1:]), layer.name


def minimum_size(name: str) -> int:
    config = timm.get_pretrained_cfg(name)
    return config.input_size[-1] if config.fixed_input_size else (config.min_input_size or [0])[-1]


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050"])
def test_in_place_layers_overwrite_what_a_hook_keeps_without_a_copy(name: str):
    """Shows the pitfall, so that the test above is known to test something."""
    net = build(name)
    x = torch.randn(1, *SIZE)
    kept: dict[str, torch.Tensor] = {}
    handles = [
        m.register_forward_hook(lambda _m, _i, o, n=n: kept.__setitem__(n, o.detach()))
        for n, m in net.named_modules()
        if n and not list(m.children())
    ]
    with torch.no_grad():
        net(x)
    for handle in handles:
        handle.remove()
    copied = read_all(net, trace_layers(net, SIZE), x)
    overwritten = [n for n in kept if n in copied and not torch.equal(kept[n], copied[n])]
    assert overwritten


def test_a_module_that_returns_a_list_has_one_layer_per_tensor():
    layers = trace_layers(build("hrnet_w18_small"), SIZE)
    assert [layers[f"stage3[{k}]"].shape[0] for k in range(3)] == [16, 32, 64]
    assert "stage3" not in layers


class Twice(nn.Module):
    """Runs a module twice, in place, and returns tuples between modules."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.activation = nn.ReLU(inplace=True)
        self.split = Split()

    def forward(self, x):
        a, (b,) = self.split(self.activation(self.convolution(x)))
        return self.activation(self.convolution(a + b)).mean((2, 3))


class Split(nn.Module):
    def forward(self, x):
        return x, (x * 2,)


def test_modules_that_run_twice_or_return_nested_tuples_have_several_layers():
    net = Twice().eval().requires_grad_(False)
    x = torch.randn(1, 3, 8, 9)
    layers = trace_layers(net, (3, 8, 9))
    assert set(layers) == {
        "convolution[0]", "convolution[1]", "activation[0]", "activation[1]", "split[0]", "split[1]"
    }  # fmt: skip
    read = read_all(net, layers, x)
    torch.testing.assert_close(read["activation[0]"], net.convolution(x).relu())
    torch.testing.assert_close(
        read["activation[1]"], net.convolution(3 * net.convolution(x).relu()).relu()
    )


@pytest.mark.parametrize("name", ["convnext_tiny", "convnext_atto", "test_convnext"])
def test_channel_five_is_channel_five_in_channels_last_blocks(name: str):
    net = build(name)
    layers = trace_layers(net, SIZE)
    inner = next(name for name in layers if name.endswith("blocks.0.mlp.fc1"))
    fc1 = net.get_submodule(inner)
    channels = fc1.out_features if isinstance(fc1, nn.Linear) else fc1.out_channels
    assert layers[inner].shape[0] == channels
    x = torch.randn(1, *SIZE)
    before = read_all(net, {inner: layers[inner]}, x)[inner]
    fc1.bias[5] += 1
    change = read_all(net, {inner: layers[inner]}, x)[inner] - before
    assert change[:, 5].mean() == pytest.approx(1, abs=1e-3)
    assert change[:, :5].abs().max() < 1e-5


def test_the_kind_of_module_decides_in_a_network_of_one_input_size():
    net = build("coatnet_0_rw_224")
    layers = trace_layers(net, (3, 224, 224))
    assert layers["stem.conv1"].channel_axis == 1
    linear = next(layer for layer in layers.values() if layer.kind == "Linear")
    assert linear.channel_axis >= 1


def test_the_forward_pass_stops_at_the_deepest_layer(small_model: zoo.Model):
    runs = []
    layers = find_layers(small_model.layers, ["layer1", "layer2"])
    with small_model.borrow() as net:
        net.layer4.register_forward_hook(lambda *_: runs.append("layer4"))
        with probe.Probe(net, layers) as layer_probe:
            assert layer_probe.run(torch.zeros(1, *small_model.input_size)) is None
        assert not runs
        with probe.Probe(net, layers, stop=False) as layer_probe:
            assert layer_probe.run(torch.zeros(1, *small_model.input_size)).shape == (1, 1000)
        assert runs


def test_gradients_flow_to_and_through_the_kept_activations(small_model: zoo.Model):
    x = torch.randn(1, *small_model.input_size, requires_grad=True)
    with small_model.borrow() as net:
        layers = find_layers(small_model.layers, ["layer1.0.act2"])
        with probe.Probe(net, layers, stop=False) as layer_probe:
            logit = layer_probe.run(x)[0, 3]
        kept = layer_probe.activations["layer1.0.act2"]
        to_kept, to_input = torch.autograd.grad(logit, [kept, x])
        plain = torch.autograd.grad(net(x)[0, 3], x)[0]
    assert to_kept.abs().sum() > 0
    torch.testing.assert_close(to_input, plain)


def hooks_of(net: nn.Module) -> int:
    return sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks)
        for m in net.modules()
    )


def test_no_hook_is_left_after_success(small_model: zoo.Model):
    x = torch.randn(1, *small_model.input_size)
    before = small_model.net(x)
    probe.read(small_model, x, ["layer1", "layer3.0.conv1"])
    assert hooks_of(small_model.net) == 0
    assert torch.equal(small_model.net(x), before)


def test_no_hook_is_left_after_a_failure(small_model: zoo.Model):
    with pytest.raises(RuntimeError):
        probe.read(small_model, torch.randn(1, 5, 64, 64), ["layer1"])
    assert hooks_of(small_model.net) == 0


def test_the_error_for_an_unknown_layer_names_the_nearest(small_model: zoo.Model):
    with pytest.raises(UnknownLayer, match=r"layer1\.0\.conv1"):
        probe.read(small_model, torch.zeros(1, *small_model.input_size), ["layer1.0.conv"])


def test_reading_twice_returns_the_same(small_model: zoo.Model):
    x = torch.randn(2, *small_model.input_size)
    first, second = (probe.read(small_model, x, ["layer2"])["layer2"] for _ in range(2))
    assert torch.equal(first, second)
