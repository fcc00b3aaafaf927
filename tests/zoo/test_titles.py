"""Titles that tell models apart on a page."""

import itertools

import pytest

from core.zoo import Card, distinct_titles


def _cards(*names: str) -> dict[str, Card]:
    return {name: _card(name) for name in names}


def _card(name: str) -> Card:
    source, slash, rest = name.partition("/")
    architecture, _, seed = rest.partition("@")
    seed_number = int(seed) if source == "untrained" and seed else 0
    return Card(name, architecture, source if slash else "hub", {}, seed=seed_number)


def test_a_title_that_no_other_model_has_stays():
    titles = distinct_titles(_cards("resnet18.a1_in1k", "bundled/birds", "untrained/resnet18"))
    assert titles == {
        "resnet18.a1_in1k": "resnet18.a1_in1k",
        "bundled/birds": "birds",
        "untrained/resnet18": "resnet18 (untrained)",
    }


def test_models_with_equal_titles_are_called_by_their_full_names():
    # Pages used titles as keys, so that a local copy of a hub model replaced the hub model.
    names = ("local/resnet18.a1_in1k", "resnet18.a1_in1k", "bundled/resnet18.a1_in1k", "local/x")
    titles = distinct_titles(_cards(*names))
    assert titles == {name: name for name in names[:3]} | {"local/x": "x"}


def test_one_architecture_untrained_with_two_seeds_has_two_titles():
    titles = distinct_titles(_cards("untrained/resnet18", "untrained/resnet18@3"))
    assert list(titles.values()) == ["resnet18 (untrained)", "resnet18 (untrained, seed 3)"]


def test_titles_keep_the_order_of_the_models():
    names = ["local/b", "local/a", "bundled/b"]
    assert list(distinct_titles(_cards(*names))) == names


# Folders can have any name, also one that looks like the title of an untrained network or of a
# model with its source.
AWKWARD = [
    "resnet18",
    "local/resnet18",
    "bundled/resnet18",
    "untrained/resnet18",
    "local/resnet18 (untrained)",
    "bundled/resnet18 (untrained)",
    "local/resnet18 (local)",
    "untrained/resnet18@3",
    "local/resnet18 (untrained, seed 3)",
    "local/local",
]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_titles_are_distinct_for_any_folder_names(count):
    for names in itertools.combinations(AWKWARD, count):
        titles = distinct_titles(_cards(*names))
        assert list(titles) == list(names)
        assert len(set(titles.values())) == count, names


def test_no_models_have_no_titles():
    assert distinct_titles({}) == {}
