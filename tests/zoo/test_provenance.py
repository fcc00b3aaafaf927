"""What cards state of licence, training data and year."""

import pytest

from core import zoo
from core.zoo.provenance import license_name, paper_year, training_data


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet50.a1_in1k", ("Apache-2.0", "ImageNet-1k")),
        ("regnety_016.tv2_in1k", ("BSD-3-Clause", "ImageNet-1k")),
        ("convnext_tiny.fb_in22k_ft_in1k", ("Apache-2.0", "ImageNet-22k, then ImageNet-1k")),
        ("untrained/resnet50", ("", "")),
    ],
)
def test_a_card_states_licence_and_training_data(name, expected):
    card = zoo.describe(name)
    assert (card.license, card.trained_on) == expected


def test_a_paper_gives_the_year():
    assert zoo.describe("convnextv2_tiny.fcmae_ft_in1k").year == "2023"
    assert zoo.describe("resnet50.a1_in1k").year == "2021"
    assert zoo.describe("densenet121.ra_in1k").year == ""


def test_bundled_networks_state_all(bundled):
    card = zoo.describe(bundled[0])
    assert (card.license, card.trained_on, card.year) == ("MIT", "drawn scenes", "2026")


@pytest.mark.parametrize("value", [None, 5, ["in1k"], "", "x" * 1000, "in1k\u202e", {"a": 1}])
def test_values_that_are_no_short_texts_are_unknown(value):
    config = {"license": value, "tag": value, "paper_ids": value}
    assert license_name(config) == training_data(config) == paper_year(config) == ""
