"""Objectives score what they say, add up like numbers, and refuse what a model has not."""

import pytest
import torch

from core import probe, visualize, zoo
from core.visualize.objectives import Objective
from core.visualize.terms import Answers

ACTIVATION = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)


def score(objective: Objective, activation: torch.Tensor = ACTIVATION) -> torch.Tensor:
    return objective.score({"here": activation})


def test_a_channel_is_its_mean_and_a_neuron_its_place():
    torch.testing.assert_close(
        score(visualize.channel("here", 1)), ACTIVATION[:, 1].mean(dim=(1, 2))
    )
    assert torch.equal(score(visualize.neuron("here", 2, 3, 1)), ACTIVATION[:, 2, 3, 1])
    assert torch.equal(score(visualize.neuron("here", 0)), ACTIVATION[:, 0, 2, 2])


def test_a_channels_rim_does_not_count():
    large = torch.zeros(1, 2, 16, 16)
    large[:, :, 0] = large[:, :, :, -1] = 100
    large[:, 1, 5, 5] = 14 * 14
    assert score(visualize.channel("here", 0), large).tolist() == [0]
    assert score(visualize.channel("here", 1), large).tolist() == [1]


def test_answers_are_the_mean_square_of_what_is_on_less_a_tenth_of_what_is_off():
    one = torch.tensor([[[[3.0, -8.0], [0.0, -1.0]]]])
    assert Answers("here", 0).score(one).item() == pytest.approx((9 - 0.1 * 65) / 4)
    assert Answers("here", 0, sign=-1).score(one).item() == pytest.approx(-(65 - 0.1 * 9) / 4)
    assert Answers("here", 0, level=-8.0).score(one).item() == pytest.approx((121 + 64 + 49) / 4)


def test_a_class_is_a_channel_of_the_logits():
    logits = torch.tensor([[1.0, 5.0], [2.0, 7.0]])
    assert visualize.class_logit(1).score({"logits": logits}).tolist() == [5.0, 7.0]


def test_a_direction_along_a_channel_is_that_channel():
    along = visualize.direction("here", torch.tensor([0.0, 0.0, 2.0]))
    torch.testing.assert_close(score(along), 2 * score(visualize.channel("here", 2)))


def test_objectives_add_subtract_and_scale():
    a, b = visualize.channel("here", 0), visualize.channel("here", 1)
    torch.testing.assert_close(score(a + 2 * b), score(a) + 2 * score(b))
    torch.testing.assert_close(score(a - b), score(a) - score(b))
    torch.testing.assert_close(score(-a), -score(a))
    torch.testing.assert_close(
        score(visualize.between(a, b, 0.25)), 0.75 * score(a) + 0.25 * score(b)
    )


def test_a_layers_score_grows_with_strength():
    assert (
        score(visualize.layer("here"), 2 * ACTIVATION).tolist()
        == (4 * score(visualize.layer("here"))).tolist()
    )


def test_a_caricature_prefers_more_of_what_was_seen_to_something_else():
    seen = torch.rand(3, 4, 5)
    like = visualize.caricature("here", seen)
    more, other = score(like, 2 * seen[None]), score(like, 2 * seen.flip(0)[None])
    assert more > score(like, seen[None])
    assert more > other


def test_faces_that_are_the_same_are_fully_alike_and_orthogonal_ones_are_not():
    objective = visualize.diverse(visualize.channel("here", 0))
    same = torch.rand(1, 3, 4, 5).expand(4, -1, -1, -1)
    assert objective.likeness({"here": same}).item() == pytest.approx(1, abs=1e-5)
    apart = torch.zeros(2, 3, 4, 5)
    apart[0, 0], apart[1, 1] = 1, 1
    assert objective.likeness({"here": apart}).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("objective", "error", "words"),
    [
        (visualize.channel("layer2", 48), visualize.NoSuchUnit, "0 to 47"),
        (visualize.channel("layer2", -1), visualize.NoSuchUnit, "0 to 47"),
        (visualize.channel("layr2", 0), probe.UnknownLayer, "layer2"),
        (visualize.class_logit(1000), visualize.NoSuchUnit, "class 1000.*0 to 999"),
        (visualize.neuron("layer2", 0, 0, 500), visualize.NoSuchUnit, "x is 500"),
        (visualize.neuron("fc", 0), visualize.NoSuchUnit, "no positions"),
        (visualize.direction("layer2", torch.ones(3)), visualize.NoSuchUnit, "48 channels"),
    ],
)
def test_what_a_model_has_not_is_refused(small_model: zoo.Model, objective, error, words):
    assert small_model.layers["layer2"].shape[0] == 48
    with pytest.raises(error, match=words):
        visualize.render(small_model, [objective])
