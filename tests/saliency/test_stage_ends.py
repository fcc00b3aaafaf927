"""Class activation maps use layers that the scores depend on; stages end at the default one."""

import pytest
import torch
from PIL import Image

from core import saliency, zoo
from core.layers import UnknownLayer
from core.zoo.timm_names import pretrained_config


def untrained(name: str) -> zoo.Model:
    """Return any of timm's architectures as a model, also those that pages do not list."""
    card = zoo.Card(f"untrained/{name}", name, "untrained", pretrained_config(name))
    return zoo.build(card, torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [
        ("coat_lite_tiny", "cpe4[1]", (320, 7, 7)),
        ("edgenext_xx_small", "stages.3.blocks.1", (168, 8, 8)),
        ("xcit_nano_12_p16_224", "cls_attn_blocks.0", (128, 14, 14)),
        ("efficientvit_b0", "head.in_conv", (1024, 7, 7)),
        ("mobilevitv2_050", "final_conv", (256, 8, 8)),
        ("ghostnetv2_100", "blocks", (960, 7, 7)),
        ("ghostnetv3_050", "blocks", (480, 7, 7)),
        ("halonet26t", "final_conv", (2048, 8, 8)),
        ("vit_tiny_patch16_224", "blocks.10", (192, 14, 14)),
        ("swin_tiny_patch4_window7_224", "norm", (768, 7, 7)),
    ],
)
def test_stages_end_at_the_default_layer(name: str, layer: str, shape: tuple[int, ...]):
    m = untrained(name)
    assert saliency.last_layer(m) == m.stage_ends[-1] == layer
    assert m.layers[layer].shape == shape
    heights = [m.layers[end].shape[1] for end in m.stage_ends]
    assert heights == sorted(set(heights), reverse=True)


@pytest.mark.parametrize("name", ["halonet26t", "sehalonet33ts", "ghostnetv2_100"])
def test_stages_have_maps_of_the_input_size(name: str, noise: Image.Image):
    m = untrained(name)
    for method, options in (("stage_cam", {}), ("layer_cam", {"stages": 4})):
        (found,) = saliency.explain(m, [noise], method, classes=[0], **options)
        assert found.shape == m.input_size[1:]


@pytest.mark.parametrize(
    ("name", "unused"), [("selecsls42b", "features.5[1]"), ("efficientvim_m1", "stages.2[0]")]
)
def test_an_unused_layer_is_refused_and_never_the_default(
    name: str, unused: str, noise: Image.Image
):
    m = untrained(name)
    with pytest.raises(UnknownLayer, match="do not depend on the layer"):
        saliency.explain(m, [noise], "grad_cam", classes=[0], layer=unused)
    for method, options in (("grad_cam", {}), ("stage_cam", {}), ("layer_cam", {"stages": 4})):
        (found,) = saliency.explain(m, [noise], method, classes=[0], **options)
        assert found.shape == m.input_size[1:]
