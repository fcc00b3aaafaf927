"""What networks are built of: as their layers say."""

import pandas as pd
import pytest

from core import compare, zoo
from core.anatomy import Organ, anatomy


def organ(kind: str) -> Organ:
    return Organ(kind.lower(), kind, (4, 2, 2), depth=0.5, main=False)


def test_facts_of_a_real_network(small_model: zoo.Model):
    found = compare.facts(small_model.card, anatomy(small_model))
    assert found == {
        "family": "resnet",
        "kind": "CNN",
        "input": "160 × 160",
        "classes": "1,000",
        "weighted layers": "16",
        "main layers": "11",
        "commonest block": "BasicBlock",
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
def test_norms_are_told_from_what_holds_them(small_model: zoo.Model, kinds, norms):
    found = compare.facts(small_model.card, [organ(kind) for kind in kinds])
    assert found["norms"] == norms


def test_the_commonest_comes_first(small_model: zoo.Model):
    kinds = ["ReLU", "Hardswish", "Hardswish", "Sigmoid"]
    found = compare.facts(small_model.card, [organ(kind) for kind in kinds])
    assert found["activations"] == "Hardswish, ReLU"


def test_a_block_is_what_holds_layers(small_model: zoo.Model):
    names = {"a": "Block", "a.conv": "Conv2d", "b": "Block", "b.conv": "Conv2d"}
    names |= {"c": "Head", "c.fc": "Linear", "d": "Conv2d", "e": "Conv2d", "f": "Conv2d"}
    organs = [Organ(name, kind, (4,), 0.5, "." not in name) for name, kind in names.items()]
    assert compare.facts(small_model.card, organs)["commonest block"] == "Block"
    assert compare.facts(small_model.card, organs[6:])["commonest block"] == "none"


def test_weighted_layers_are_counted_by_depth(small_model: zoo.Model):
    depths = [0.0, 0.0, 0.25, 0.25, 0.5, 1.0]  # what comes before the first weights has depth 0
    organs = [Organ(str(index), "Any", (4,), depth, False) for index, depth in enumerate(depths)]
    assert compare.facts(small_model.card, organs)["weighted layers"] == "3"


def test_only_rows_that_differ_are_kept():
    table = compare.facts_table(
        {"one": {"kind": "CNN", "input": "96"}, "other": {"kind": "CNN", "input": "128"}}
    )
    assert list(compare.differing(table).index) == ["input"]
    assert compare.differing(table[["one"]]).empty


def test_nothing_known_of_one_is_a_difference_and_of_both_is_none():
    table = pd.DataFrame({"one": [float("nan"), 1.0], "other": [float("nan"), float("nan")]})
    assert list(compare.differing(table).index) == [1]
