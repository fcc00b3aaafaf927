"""Facts about architectures, from the layers of a network."""

import pandas as pd
import pytest

from core import compare, zoo
from core.layer_info import LayerInfo, list_layers


def layer_info(kind: str) -> LayerInfo:
    return LayerInfo(kind.lower(), kind, (4, 2, 2), depth=0.5, main=False)


def test_facts_of_a_real_network(small_model: zoo.Model):
    facts = compare.facts(small_model.card, list_layers(small_model))
    assert facts == {
        "family": "resnet",
        "kind": "CNN",
        "input": "160 × 160",
        "classes": "1,000",
        "weighted layers": "16",
        "main layers": "11",
        "main block type": "BasicBlock",
        "norms": "BatchNorm",
        "activations": "ReLU",
        "channels/reduction": small_model.card.facts.stages,
        "weights": "untrained",
    }


@pytest.mark.parametrize(
    ("kinds", "norms"),
    [
        (["BatchNorm2d", "BatchNormAct2d", "FrozenBatchNormAct2d"], "BatchNorm"),
        (["LayerNorm2d", "LayerNorm", "GroupNorm1", "LayerNormAct2dFp32"], "LayerNorm, GroupNorm"),
        (["RmsNorm2d", "SimpleNorm2d", "EvoNorm2dS0a"], "RmsNorm, SimpleNorm, EvoNorm"),
        (
            ["ConvNormAct", "NormMlpClassifierHead", "NormFreeBlock", "GlobalResponseNormMlp"],
            "none",
        ),
    ],
)
def test_modules_that_contain_a_norm_are_no_norms(small_model: zoo.Model, kinds, norms):
    facts = compare.facts(small_model.card, [layer_info(kind) for kind in kinds])
    assert facts["norms"] == norms


def test_activations_are_listed_by_frequency(small_model: zoo.Model):
    kinds = ["ReLU", "Hardswish", "Hardswish", "Sigmoid"]
    facts = compare.facts(small_model.card, [layer_info(kind) for kind in kinds])
    assert facts["activations"] == "Hardswish, ReLU"


def test_a_block_is_a_module_that_contains_layers(small_model: zoo.Model):
    names = {"a": "Block", "a.conv": "Conv2d", "b": "Block", "b.conv": "Conv2d"}
    names |= {"c": "Head", "c.fc": "Linear", "d": "Conv2d", "e": "Conv2d", "f": "Conv2d"}
    layer_infos = [
        LayerInfo(name, kind, (4,), 0.5, "." not in name) for name, kind in names.items()
    ]
    assert compare.facts(small_model.card, layer_infos)["main block type"] == "Block"
    assert compare.facts(small_model.card, layer_infos[6:])["main block type"] == "none"


def test_weighted_layers_are_counted_by_depth(small_model: zoo.Model):
    depths = [0.0, 0.0, 0.25, 0.25, 0.5, 1.0]  # layers before the first weights have depth 0
    layer_infos = [
        LayerInfo(str(index), "Any", (4,), depth, False) for index, depth in enumerate(depths)
    ]
    assert compare.facts(small_model.card, layer_infos)["weighted layers"] == "3"


def test_differing_rows_drops_rows_with_equal_values():
    table = compare.facts_table(
        {"first": {"kind": "CNN", "input": "96"}, "second": {"kind": "CNN", "input": "128"}}
    )
    assert list(compare.differing_rows(table).index) == ["input"]
    assert compare.differing_rows(table[["first"]]).empty


def test_nan_differs_from_a_value_but_not_from_nan():
    table = pd.DataFrame({"first": [float("nan"), 1.0], "second": [float("nan"), float("nan")]})
    assert list(compare.differing_rows(table).index) == [1]
