"""Votes: they add up to the logit, equal a slow reference, and say where they do not apply."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core import dissect, predict, zoo
from core.dissect import NoVotes


def load_with_head(head: nn.Module) -> zoo.Model:
    """Load a small network and put another classifier on its 96 pooled features."""
    m = zoo.load("untrained/test_resnet")
    m.net.fc = head
    return m


@pytest.mark.parametrize(
    "architecture", ["test_resnet", "test_efficientnet", "mobilenetv3_small_050", "test_nfnet"]
)
def test_votes_and_bias_sum_to_the_logit(architecture: str, noise: Image.Image):
    m = zoo.load(f"untrained/{architecture}")
    logits = predict.scores(m, [noise]).logits[0]
    for class_index in (None, 7):
        votes = dissect.votes(m, noise, class_index)
        assert votes.class_index == (logits.argmax() if class_index is None else class_index)
        assert votes.logit == pytest.approx(float(logits[votes.class_index]), rel=1e-4, abs=1e-5)


def test_votes_equal_pooled_feature_times_weight(noise: Image.Image):
    m = zoo.load("untrained/test_resnet")
    with torch.no_grad():
        maps = m.net.forward_features(m.preprocess([noise]))[0].double().numpy()
    weights = m.net.fc.weight[3].double().numpy()
    votes = dissect.votes(m, noise, 3)
    assert votes.layer == "layer4"
    assert votes.grid == maps.shape[1:]
    for unit in range(len(maps)):
        total = sum(float(value) for row in maps[unit] for value in row)
        expected = total / maps[unit].size * weights[unit]
        assert votes.summands[unit] == pytest.approx(expected, rel=1e-4, abs=1e-7)
        row, column = votes.places[unit]
        assert maps[unit, row, column] == maps[unit].max()


def test_the_strongest_and_their_share():
    votes = dissect.Votes(
        0, np.array([1.0, -5.0, 4.0, 3.0], np.float32), 0.5, "", (1, 1), np.zeros((4, 2), np.int64)
    )
    assert votes.strongest(2).tolist() == [2, 3]
    assert votes.share(2) == pytest.approx(7 / 8)
    assert votes.logit == pytest.approx(3.5)


def test_features_that_are_no_mean_of_maps_have_votes_without_places(noise: Image.Image):
    votes = dissect.votes(zoo.load("untrained/mobilenetv3_small_050"), noise)
    assert votes.layer == ""
    assert not votes.places.any()


@pytest.mark.parametrize("head", [nn.Sequential(nn.Linear(96, 1000)), nn.Conv1d(1, 1, 1)])
def test_a_classifier_that_is_not_linear_has_no_votes(head: nn.Module, noise: Image.Image):
    features = zoo.load("untrained/test_resnet").net.num_features
    if isinstance(head, nn.Sequential):
        head = nn.Sequential(nn.Linear(features, 1000), nn.ReLU())
    with pytest.raises(NoVotes, match="not a sum"):
        dissect.votes(load_with_head(head), noise)


def test_logits_that_are_changed_afterwards_have_no_votes(
    noise: Image.Image, monkeypatch: pytest.MonkeyPatch
):
    m = zoo.load("untrained/test_resnet")
    forward = m.net.forward
    monkeypatch.setattr(m.net, "forward", lambda x: forward(x).tanh() * 3)
    with pytest.raises(NoVotes):
        dissect.votes(m, noise)
