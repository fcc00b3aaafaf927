"""Anatomy: the layers a person would list, in order, at growing depth."""

import pytest

from core import zoo
from core.anatomy import anatomy


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
def test_blocks_are_listed_and_what_is_inside_them_is_not(architecture: str, expected: list[str]):
    organs = anatomy(zoo.load(f"untrained/{architecture}"))
    main = [organ.name for organ in organs if organ.main]
    assert [name for name in main if name in expected] == expected
    assert len(main) <= 40
    assert not any(other.startswith(f"{name}.") for name in main for other in main)


def test_depth_grows_from_the_first_layer_to_1(small_model: zoo.Model):
    depths = [organ.depth for organ in anatomy(small_model)]
    assert depths == sorted(depths)
    assert 0 < depths[0] < 0.2
    assert depths[-1] == 1


def test_layers_know_whether_their_units_have_a_place(small_model: zoo.Model):
    organs = {organ.name: organ for organ in anatomy(small_model)}
    assert organs["layer2"].has_positions
    assert not organs["fc"].has_positions
