"""Experiments: every value is checked, and JSON gives the same experiment back."""

import json
from dataclasses import replace

import pytest

from core.train_lab.experiment import BadExperiment, Difficulty, Experiment, from_json
from core.train_lab.networks import MAX_PARAMETERS, NotTrainable, build

FIRST = Experiment()


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ("dog",)}, {"classes": ("dog", "dog")}, {"classes": ("dog", "unicorn")},
        {"optimiser": "magic"}, {"size": 47}, {"blocks": 0}, {"blocks": 6},
        {"pictures": 0}, {"batch": 0}, {"epochs": 10**9}, {"seed": -1}, {"seed": True},
        {"rate": float("nan")}, {"rate": -1}, {"wrong_labels": 1.5}, {"goal": float("inf")},
        {"difficulty": Difficulty(pose=2)},
    ],
)  # fmt: skip
def test_a_value_that_is_not_possible_is_refused(changes):
    with pytest.raises(BadExperiment):
        replace(FIRST, **changes)


def test_an_unknown_class_names_the_nearest():
    with pytest.raises(BadExperiment, match="wolf"):
        replace(FIRST, classes=("dog", "wulf"))


def test_json_gives_the_same_experiment_back():
    given = replace(FIRST, rate=0.1, difficulty=Difficulty(pose=1.0))
    assert from_json(json.loads(json.dumps(given.as_json()))) == given
    assert given.identity != FIRST.identity


@pytest.mark.parametrize("values", [{}, {"classes": ["dog", "cat"], "colour": 1}, {"classes": 3}])
def test_json_of_something_else_is_refused(values):
    with pytest.raises(BadExperiment):
        from_json(values)


@pytest.mark.parametrize("blocks", [1, 5])
def test_the_textbook_network_has_the_blocks_that_were_chosen(blocks):
    net = build(replace(FIRST, blocks=blocks, size=64))
    names = [name for name, _ in net.named_children()]
    assert names[:3] == ["conv1", "relu1", "pool1"]
    assert f"conv{blocks}" in names
    assert f"conv{blocks + 1}" not in names


@pytest.mark.parametrize(
    ("network", "reason"),
    [("resnet18", f"{MAX_PARAMETERS / 1e6:g} million"), ("test_resnett", "test_resnet")],
)
def test_a_network_that_is_too_large_or_unknown_is_refused(network, reason):
    with pytest.raises(NotTrainable, match=reason):
        build(replace(FIRST, network=network))
