"""The layer that class activation maps look at is what timm's forward_features gives."""

import pandas as pd
import pytest
import torch

from core import saliency, zoo
from core.zoo.table import TABLE

# Its head has a convolution with positions before the pooling.
LATER = {"lowformer": "in_conv"}
# Of some families others than the smallest, too: blocks that are built otherwise.
MORE = ("mobilenetv2_035", "mobilenetv3_small_050", "repvgg_a0", "convnext_atto",
        "mnasnet_small", "tf_efficientnet_lite0")  # fmt: skip


def smallest() -> list[tuple[str, str]]:
    """The CNN of each family that takes the fewest multiply-adds."""
    facts = pd.read_csv(TABLE)
    cnns = facts[facts["kind"] == "CNN"].sort_values("multiply_adds").groupby("family").head(1)
    return [*zip(cnns["family"], cnns["name"], strict=True), *(("", name) for name in MORE)]


@pytest.mark.parametrize(("family", "name"), smallest())
def test_it_is_what_the_features_are(family: str, name: str):
    m = zoo.load(f"untrained/{name}")
    x = torch.randn(1, *m.input_size, generator=torch.Generator().manual_seed(0))
    layer = m.layers[saliency.last_layer(m)]
    if family in LATER:
        assert layer.name == LATER[family]
        return
    with m.borrow() as net, torch.no_grad():
        features = net.forward_features(x)[0]
    channels_first = features.movedim(-1, 0) if family == "mambaout" else features
    assert layer.shape == tuple(channels_first.shape)


def test_every_family_is_there():
    assert len(smallest()) - len(MORE) >= 42


def test_an_attentions_heads_are_not_places():
    """Heads × tokens × width has as many axes as a map; the convolutions before it have places."""
    m = zoo.load("untrained/vit_small_r26_s32_224")
    assert saliency.last_layer(m).startswith("patch_embed")
