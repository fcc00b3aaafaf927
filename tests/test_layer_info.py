"""Layers are listed as a person would list them, in order of computation, with their depths."""

import pytest

from core import zoo
from core.layer_info import LayerInfo, list_layers


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("resnet18", ["conv1", "layer1.0", "layer4.1", "fc"]),
        ("mobilenetv3_small_075", ["conv_stem", "blocks.0.0", "blocks.5.0", "classifier"]),
        ("repvgg_a0", ["stem", "stages.0.0", "stages.3.0", "head"]),
        ("convnext_atto", ["stages.0.blocks.0", "stages.3.blocks.1", "head"]),
        ("regnetx_002", ["stem", "s1.b1", "s4.b7", "head"]),
        ("hrnet_w18_small", ["conv1", "stage2.0[0]", "stage4.0[3]", "classifier"]),
    ],
)
def test_blocks_are_listed_without_the_layers_inside_them(architecture: str, expected: list[str]):
    layers = list_layers(zoo.load(f"untrained/{architecture}"))
    main = [layer.name for layer in layers if layer.main]
    assert [name for name in main if name in expected] == expected
    assert len(main) <= 40
    assert not any(inner.startswith(f"{name}.") for name in main for inner in main)


def test_depth_grows_from_the_first_layer_to_1(small_model: zoo.Model):
    depths = [layer.depth for layer in list_layers(small_model)]
    assert depths == sorted(depths)
    assert 0 < depths[0] < 0.2
    assert depths[-1] == 1


def test_only_layers_with_positions_are_spatial(small_model: zoo.Model):
    layers = {layer.name: layer for layer in list_layers(small_model)}
    assert layers["layer2"].is_spatial
    assert not layers["fc"].is_spatial


@pytest.mark.parametrize(("channels", "expected"), [(8, [0, 2, 4, 6]), (10, [0, 2, 5, 7])])
def test_spaced_channels_are_evenly_spaced(channels: int, expected: list[int]):
    layer = LayerInfo("layer", "Conv2d", (channels, 4, 4), depth=0.5, main=True)
    assert layer.spaced_channels(4) == expected
