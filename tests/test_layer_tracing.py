"""What the axes of activations mean is found from the activations alone."""

import hashlib
import json

import pytest
import timm
import torch
from torch import nn
from torch.nn import functional

from core import probe, zoo
from core.layer_info import list_layers
from core.layer_tracing import trace_layers
from core.layers import Layer
from core.zoo.timm_names import pretrained_config

# Number of layers, number of those with positions, and the start of the SHA-256 of names, kinds,
# shapes, depths and channel axes, computed by the version that made the shipped results.
KNOWN_LISTS = {
    "untrained/mobilenetv2_100": (281, 277, "149181ab05624f8a"),
    "untrained/efficientnet_lite0": (265, 261, "6c0a79a4c28c683d"),
    "untrained/efficientnet_lite2": (345, 341, "64e50d44f803e897"),
    "bundled/scenes-convnext": (154, 145, "4037288dd08226f3"),
    "bundled/scenes-mobilenet": (228, 184, "c751a2cbdc5f9143"),
    "bundled/scenes-mobilenet-biased": (228, 184, "c751a2cbdc5f9143"),
    "bundled/scenes-regnet": (293, 286, "6655f288f2c2a764"),
    "bundled/scenes-regnet-robust": (293, 286, "6655f288f2c2a764"),
    "bundled/scenes-repvgg": (367, 360, "47761600eb354ebe"),
    "bundled/scenes-resnet": (67, 63, "10185b8bd2c3f3a3"),
}


def trace(name: str) -> dict[str, Layer]:
    torch.manual_seed(0)
    net = timm.create_model(name).eval().requires_grad_(False)
    return trace_layers(net, net.default_cfg["input_size"])


@pytest.mark.parametrize("name", KNOWN_LISTS)
def test_lists_on_which_stored_results_depend_are_unchanged(name: str, bundled: list[str]):
    m = zoo.load(name)
    facts = [
        [each.name, each.kind, list(each.shape), round(each.depth, 6), each.main,
         m.layers[each.name].channel_axis]
        for each in list_layers(m)
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    assert (len(facts), len(m.spatial_layers), digest) == KNOWN_LISTS[name]


# Tensors with as many axes as a feature map.
NO_MAPS = [
    ("coat_lite_tiny", "crpe1[0]"),  # heads × tokens × features
    ("edgenext_xx_small", "stages.3.blocks.1.xca.attn_drop"),  # attention between channels
    ("xcit_nano_12_p16_224", "blocks.0.attn.attn_drop"),
    ("efficientvit_b0", "stages.2.blocks.1.context_module.main.kernel_func[0]"),
    ("mobilevitv2_050", "stages.4.1.transformer.0"),  # unfolded patches
    ("vit_tiny_patch16_224", "blocks.0.attn.q_norm"),
]


@pytest.mark.parametrize(("name", "layer"), NO_MAPS)
def test_tensors_whose_axes_do_not_follow_the_input_have_no_positions(name: str, layer: str):
    found = trace(name)[layer]
    assert not found.is_spatial
    assert len(found.shape) == 2


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("mobilevit_xxs", "stages.2.1.transformer.0"),  # patches of all pictures
        ("swin_tiny_patch4_window7_224", "layers.0.blocks.0.attn.qkv"),  # windows of all pictures
    ],
)
def test_layers_whose_first_axis_is_not_the_batch_are_left_out(name: str, layer: str):
    assert layer not in trace(name)


@pytest.mark.parametrize(
    "name", ["mobilevit_xxs", "tiny_vit_5m_224", "coat_lite_tiny", "test_vit2", "selecsls42b"]
)
def test_every_layer_has_a_row_per_picture(name: str):
    m = untrained(name)
    x = torch.randn(2, *m.input_size)
    with m.borrow() as net, torch.no_grad():
        layers = list(m.layers.values())
        with probe.Probe(net, layers) as reading:
            reading.run(x)
    for layer in layers:
        assert reading.activations[layer.name].shape == (2, *layer.shape), layer.name


def untrained(name: str) -> zoo.Model:
    """Return any of timm's architectures as a model, also those that pages do not list."""
    card = zoo.Card(f"untrained/{name}", name, "untrained", pretrained_config(name))
    return zoo.build(card, torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "layer", "shape", "prefix"),
    [
        ("vit_tiny_patch16_224", "blocks.5", (192, 14, 14), 1),
        ("deit_tiny_distilled_patch16_224", "blocks.5", (192, 14, 14), 2),
        ("swin_tiny_patch4_window7_224", "layers.1", (192, 28, 28), 0),
        ("visformer_tiny", "norm", (384, 7, 7), 0),
    ],
)
def test_networks_of_one_input_size_have_grids_of_positions(
    name: str, layer: str, shape: tuple[int, ...], prefix: int
):
    found = trace(name)[layer]
    assert (found.shape, found.prefix_tokens) == (shape, prefix)


class Tokens(nn.Module):
    """A network of tokens with a class token, for pictures of every size."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 5, 16, 16)
        self.join = Join()
        self.block = nn.Linear(5, 5)
        self.weighted = nn.Identity()
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        tokens = self.block(self.join(self.patches(x)))
        self.weighted(tokens @ tokens.transpose(1, 2))
        return self.head(tokens.mean(1))


class Join(nn.Module):
    def forward(self, maps):
        tokens = maps.flatten(2).transpose(1, 2)
        return torch.cat([torch.zeros_like(tokens[:, :1]), tokens], dim=1)


def test_tokens_are_read_as_a_grid_and_written_back():
    net = Tokens().eval().requires_grad_(False)
    layers = trace_layers(net, (3, 96, 160))
    assert layers["block"].shape == (5, 6, 10)
    assert layers["block"].prefix_tokens == 1
    assert layers["weighted"].shape == (61, 61)
    x = torch.randn(2, 3, 96, 160)
    join = layers["join"]
    with torch.no_grad(), probe.Probe(net, [join], stop=False) as reading:
        before = reading.run(x)
    torch.testing.assert_close(reading.activations["join"], net.patches(x))
    with torch.no_grad(), probe.change_activations(net, {join: lambda grid: grid}):
        torch.testing.assert_close(net(x), before)
    bias = net.head(net.block(torch.zeros(1, 61, 5)).mean(1))
    with torch.no_grad(), probe.change_activations(net, {join: torch.zeros_like}):
        torch.testing.assert_close(net(x), bias.expand(2, 2))


class Resized(Tokens):
    """A network that resizes every input to its own size, as CrossViT does."""

    def forward(self, x):
        return super().forward(functional.interpolate(x, (128, 128)))


def test_a_network_that_resizes_its_input_has_grids_of_positions():
    torch.manual_seed(0)
    layers = trace_layers(Resized().eval(), (3, 128, 128))
    assert layers["patches"].shape == (5, 8, 8)
    assert (layers["block"].shape, layers["block"].prefix_tokens) == ((5, 8, 8), 1)


def test_gradients_reach_tokens_through_their_grid():
    net = Tokens().eval().requires_grad_(False)
    layers = trace_layers(net, (3, 96, 160))
    x = torch.randn(1, 3, 96, 160, requires_grad=True)
    with probe.Probe(net, [layers["block"]], stop=False) as reading:
        logit = reading.run(x)[0, 0]
    grid = reading.activations["block"]
    to_grid, to_input = torch.autograd.grad(logit, [grid, x])
    torch.testing.assert_close(
        to_grid, (net.head.weight[0] / 61)[:, None, None].expand(1, 5, 6, 10)
    )
    torch.testing.assert_close(to_input, torch.autograd.grad(net(x)[0, 0], x)[0])
