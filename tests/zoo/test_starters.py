"""Starters: names that timm has, of different families, with the size of their download."""

import pytest
import timm
import torch

from core import zoo


def test_starters_are_six_networks_of_different_families_on_the_hub():
    cards = [zoo.describe(starter.name) for starter in zoo.starters()]
    assert len({card.facts.family for card in cards if card.facts}) == len(cards) == 6
    assert [card.name for card in cards] == [starter.name for starter in zoo.starters()]
    assert all(card.where == "hub" and card.labels for card in cards)


@pytest.mark.parametrize("starter", zoo.starters(), ids=lambda starter: starter.name)
def test_the_stated_size_is_that_of_the_weights(starter):
    with torch.device("meta"):
        state = timm.create_model(starter.name.partition(".")[0]).state_dict()
    size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    assert starter.megabytes == round(size / 1e6)


def test_texts_are_one_sentence():
    for starter in zoo.starters():
        assert starter.text.endswith(".")
        assert ". " not in starter.text
        assert len(starter.text) < 90
