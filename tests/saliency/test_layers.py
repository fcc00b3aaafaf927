"""The layer that class activation maps look at is what timm's forward_features gives."""

import pytest
import torch

from core import saliency, zoo

# One of each family of CNNs that has a small member.
FAMILIES = (
    "test_resnet", "test_efficientnet", "test_convnext", "test_nfnet", "resnetv2_50",
    "mobilenetv2_035", "mobilenetv3_small_050", "ghostnet_050", "densenet121", "regnetx_002",
    "vgg11_bn", "dla46_c", "hrnet_w18_small", "repvgg_a0", "inception_v3", "xception41",
    "convnext_atto", "fastvit_t8", "edgenext_xx_small", "mnasnet_small", "tf_efficientnet_lite0",
)  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_it_is_what_the_features_are(name: str):
    m = zoo.load(f"untrained/{name}")
    x = torch.randn(1, *m.input_size, generator=torch.Generator().manual_seed(0))
    with m.borrow() as net, torch.no_grad():
        features = net.forward_features(x)
    layer = m.layers[saliency.last_layer(m)]
    assert layer.shape == tuple(features.shape[1:])


def test_an_attentions_heads_are_not_places():
    """Heads × tokens × width has as many axes as a map; the convolutions before it have places."""
    m = zoo.load("untrained/vit_small_r26_s32_224")
    assert saliency.last_layer(m).startswith("patch_embed")
