"""The default layer of class activation maps is the one that forward_features returns."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from core import saliency, zoo
from core.zoo.table import TABLE

# Families whose head has a convolution before the pooling, which is then the last spatial layer.
LAYERS_IN_HEAD = {"lowformer": "in_conv"}
# Further networks of some families, whose blocks differ from those of the smallest network.
MORE_NETWORKS = ("mobilenetv2_035", "mobilenetv3_small_050", "repvgg_a0", "convnext_atto",
        "mnasnet_small", "tf_efficientnet_lite0")  # fmt: skip


# Least size of an input in pixels: large networks are slow at their own size.
SMALL_INPUT = 128


def small_input(card: zoo.Card) -> zoo.Card:
    """Return the card with a small input size, where the network accepts one."""
    config = card.config
    if config.get("fixed_input_size"):
        return card
    side = max(SMALL_INPUT, *(config.get("min_input_size") or [0])[1:], 0)
    return replace(card, config={**config, "input_size": (3, side, side)})


def small_networks() -> list[tuple[str, str]]:
    """Return family and name of each family's CNN with the fewest multiply-adds, and some more."""
    table = pd.read_csv(TABLE)
    cnns = table[table["kind"] == "CNN"].sort_values("multiply_adds").groupby("family").head(1)
    return [
        *zip(cnns["family"], cnns["name"], strict=True),
        *(("", name) for name in MORE_NETWORKS),
    ]


@pytest.mark.parametrize(("family", "name"), small_networks())
def test_the_last_layer_has_the_shape_of_the_features(family: str, name: str):
    m = zoo.build(small_input(zoo.describe(f"untrained/{name}")), torch.device("cpu"))
    x = torch.randn(1, *m.input_size, generator=torch.Generator().manual_seed(0))
    layer = m.layers[saliency.last_layer(m)]
    if family in LAYERS_IN_HEAD:
        assert layer.name == LAYERS_IN_HEAD[family]
        return
    with m.borrow() as net, torch.no_grad():
        features = net.forward_features(x)[0]
    channels_first = features.movedim(-1, 0) if family == "mambaout" else features
    assert layer.shape == tuple(channels_first.shape)


def test_every_family_is_covered():
    assert len(small_networks()) - len(MORE_NETWORKS) >= 42


def test_attention_heads_are_not_spatial_positions():
    """Attention has as many axes (heads, tokens, width) as a feature map; it is not one."""
    m = zoo.load("untrained/vit_small_r26_s32_224")
    assert saliency.last_layer(m).startswith("patch_embed")
