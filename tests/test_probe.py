"""The probe against snapshots: what a hook saw at the moment a layer gave it."""

import pytest
import timm
import torch
from torch import nn

from core import probe, zoo
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
    """Copies taken in the hook itself, before any later layer can write over them."""
    seen: list[tuple[str, torch.Tensor]] = []

    def flat(output):
        if isinstance(output, torch.Tensor):
            yield output
        elif isinstance(output, tuple | list):
            for item in output:
                yield from flat(item)

    def listen(name):
        return lambda _m, _i, output: seen.extend((name, t.clone()) for t in flat(output))

    handles = [m.register_forward_hook(listen(n)) for n, m in net.named_modules() if n]
    with torch.no_grad():
        net(x)
    for handle in handles:
        handle.remove()
    return seen


def read_all(net: nn.Module, layers, x: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad(), probe.Probe(net, list(layers.values())) as reading:
        reading.run(x)
    return reading.activations


@pytest.mark.parametrize("name", smallest_of_each_family())
def test_every_layer_of_every_family_reads_as_it_was_given(name: str):
    net = build(name)
    size = (3, max(96, minimum(name)), max(128, minimum(name)))
    x = torch.randn(2, *size)
    layers = probe.trace(net, size)
    activations = read_all(net, layers, x)
    given = snapshots(net, x)
    assert len(layers) == len(given)
    for layer, (module, snapshot) in zip(layers.values(), given, strict=True):
        assert layer.module == module
        wanted = snapshot.movedim(layer.channel_axis, 1)
        assert torch.equal(activations[layer.name], wanted), layer.name
        assert layer.shape == tuple(wanted.shape[1:]), layer.name


def minimum(name: str) -> int:
    config = timm.get_pretrained_cfg(name)
    return config.input_size[-1] if config.fixed_input_size else (config.min_input_size or [0])[-1]


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050"])
def test_in_place_layers_would_have_rewritten_what_a_plain_hook_keeps(name: str):
    """The pitfall itself, so that the test above is known to test something."""
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
    right = read_all(net, probe.trace(net, SIZE), x)
    wrong = [n for n in kept if n in right and not torch.equal(kept[n], right[n])]
    assert wrong


def test_lists_have_a_layer_for_each_tensor():
    layers = probe.trace(build("hrnet_w18_small"), SIZE)
    assert [layers[f"stage3[{k}]"].shape[0] for k in range(3)] == [16, 32, 64]
    assert "stage3" not in layers


class Twice(nn.Module):
    """Uses one module twice, in place, and hands on tuples."""

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


def test_modules_that_run_twice_and_nested_tuples_are_told_apart():
    net = Twice().eval().requires_grad_(False)
    x = torch.randn(1, 3, 8, 9)
    layers = probe.trace(net, (3, 8, 9))
    assert set(layers) == {
        "convolution[0]", "convolution[1]", "activation[0]", "activation[1]", "split[0]", "split[1]"
    }  # fmt: skip
    read = read_all(net, layers, x)
    torch.testing.assert_close(read["activation[0]"], net.convolution(x).relu())
    torch.testing.assert_close(
        read["activation[1]"], net.convolution(3 * net.convolution(x).relu()).relu()
    )


@pytest.mark.parametrize("name", ["convnext_tiny", "convnext_atto", "test_convnext"])
def test_channel_five_means_channel_five_in_channels_last_blocks(name: str):
    net = build(name)
    layers = probe.trace(net, SIZE)
    inner = next(m for m in layers if m.endswith("blocks.0.mlp.fc1"))
    widths = dict(net.named_modules())
    fc1 = widths[inner]
    channels = fc1.out_features if isinstance(fc1, nn.Linear) else fc1.out_channels
    assert layers[inner].shape[0] == channels
    x = torch.randn(1, *SIZE)
    before = read_all(net, {inner: layers[inner]}, x)[inner]
    fc1.bias[5] += 1
    moved = read_all(net, {inner: layers[inner]}, x)[inner] - before
    assert moved[:, 5].mean() == pytest.approx(1, abs=1e-3)
    assert moved[:, :5].abs().max() < 1e-5


def test_a_network_of_one_size_falls_back_on_the_kinds_of_its_modules():
    net = build("coatnet_0_rw_224")
    layers = probe.trace(net, (3, 224, 224))
    assert layers["stem.conv1"].channel_axis == 1
    linear = next(layer for layer in layers.values() if layer.kind == "Linear")
    assert linear.channel_axis >= 1


def test_the_network_stops_at_the_deepest_layer_wanted(small_model: zoo.Model):
    ran = []
    layers = probe.find(small_model.layers, ["layer1", "layer2"])
    with small_model.borrow() as net:
        net.layer4.register_forward_hook(lambda *_: ran.append("layer4"))
        with probe.Probe(net, layers) as reading:
            assert reading.run(torch.zeros(1, *small_model.input_size)) is None
        assert not ran
        with probe.Probe(net, layers, stop=False) as reading:
            assert reading.run(torch.zeros(1, *small_model.input_size)).shape == (1, 1000)
        assert ran


def test_gradients_flow_to_and_through_what_is_kept(small_model: zoo.Model):
    x = torch.randn(1, *small_model.input_size, requires_grad=True)
    with small_model.borrow() as net:
        layers = probe.find(small_model.layers, ["layer1.0.act2"])
        with probe.Probe(net, layers, stop=False) as reading:
            logit = reading.run(x)[0, 3]
        kept = reading.activations["layer1.0.act2"]
        to_kept, to_input = torch.autograd.grad(logit, [kept, x])
        plain = torch.autograd.grad(net(x)[0, 3], x)[0]
    assert to_kept.abs().sum() > 0
    torch.testing.assert_close(to_input, plain)


def hooks_of(net: nn.Module) -> int:
    return sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks)
        for m in net.modules()
    )


def test_nothing_is_left_behind_after_success(small_model: zoo.Model):
    x = torch.randn(1, *small_model.input_size)
    before = small_model.net(x)
    probe.read(small_model, x, ["layer1", "layer3.0.conv1"])
    assert hooks_of(small_model.net) == 0
    assert torch.equal(small_model.net(x), before)


def test_nothing_is_left_behind_after_a_failure(small_model: zoo.Model):
    with pytest.raises(RuntimeError):
        probe.read(small_model, torch.randn(1, 5, 64, 64), ["layer1"])
    assert hooks_of(small_model.net) == 0


def test_an_unknown_layer_names_the_nearest(small_model: zoo.Model):
    with pytest.raises(probe.UnknownLayer, match=r"layer1\.0\.conv1"):
        probe.read(small_model, torch.zeros(1, *small_model.input_size), ["layer1.0.conv"])


def test_reading_twice_gives_the_same(small_model: zoo.Model):
    x = torch.randn(2, *small_model.input_size)
    first, second = (probe.read(small_model, x, ["layer2"])["layer2"] for _ in range(2))
    assert torch.equal(first, second)
