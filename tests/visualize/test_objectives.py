"""Objectives compute the documented scores, combine like numbers, and check the model."""

import pytest
import torch

from core import visualize, zoo
from core.layers import UnknownLayer
from core.visualize.objectives import Objective
from core.visualize.terms import LinearChannel

LAYER = "layer"
ACTIVATION = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)


def score(objective: Objective, activation: torch.Tensor = ACTIVATION) -> torch.Tensor:
    return objective.score({LAYER: activation})


def test_channel_is_a_mean_and_neuron_a_single_position():
    torch.testing.assert_close(
        score(visualize.channel(LAYER, 1)), ACTIVATION[:, 1].mean(dim=(1, 2))
    )
    assert torch.equal(score(visualize.neuron(LAYER, 2, 3, 1)), ACTIVATION[:, 2, 3, 1])
    assert torch.equal(score(visualize.neuron(LAYER, 0)), ACTIVATION[:, 0, 2, 2])


@pytest.mark.parametrize("side", [4, 7, 9])
def test_a_neuron_is_at_the_same_place_on_every_grid(side: int):
    """A position means a place of the layer's grid at the network's input size, here 7 × 7."""
    grid = torch.linspace(0.5 / side, 1 - 0.5 / side, side)  # centres, as shares of the picture
    activation = torch.stack([grid[:, None].expand(side, side), grid.expand(side, side)])[None]
    for y, x in ((1, 1), (3, 5), (5, 2)):
        place = [
            visualize.neuron(LAYER, index, y, x).terms[0][1].on_grid_of((2, 7, 7)).score(activation)
            for index in (0, 1)
        ]
        torch.testing.assert_close(torch.cat(place), torch.tensor([y + 0.5, x + 0.5]) / 7)


def test_every_position_of_a_layer_has_its_own_picture(small_model: zoo.Model):
    """The canvas is smaller than the network's input: its grid has fewer positions."""
    name = "layer4.0.conv2"
    _, height, width = small_model.layers[name].shape
    objectives = [visualize.neuron(name, 0, y, x) for y in range(height) for x in range(width)]
    pictures = visualize.render(small_model, objectives, size=96, steps=4)
    assert len({picture.tobytes() for picture in pictures}) == height * width


def test_channel_ignores_the_border():
    activation = torch.zeros(1, 2, 16, 16)
    activation[:, :, 0] = activation[:, :, :, -1] = 100
    activation[:, 1, 5, 5] = 14 * 14
    assert score(visualize.channel(LAYER, 0), activation).tolist() == [0]
    assert score(visualize.channel(LAYER, 1), activation).tolist() == [1]


def test_linear_channel_is_mean_square_with_a_tenth_of_the_weight_for_negative_values():
    activation = torch.tensor([[[[3.0, -8.0], [0.0, -1.0]]]])

    def linear_score(**options: float) -> float:
        return LinearChannel(LAYER, 0, **options).score(activation).item()

    assert linear_score() == pytest.approx((9 - 0.1 * 65) / 4)
    assert linear_score(sign=-1) == pytest.approx(-(65 - 0.1 * 9) / 4)
    assert linear_score(baseline=-8.0) == pytest.approx((121 + 64 + 49) / 4)


def test_class_is_a_channel_of_the_logits():
    logits = torch.tensor([[1.0, 5.0], [2.0, 7.0]])
    assert visualize.class_logit(1).score({"logits": logits}).tolist() == [5.0, 7.0]


def test_direction_along_one_channel_equals_that_channel():
    along = visualize.direction(LAYER, torch.tensor([0.0, 0.0, 2.0]))
    torch.testing.assert_close(score(along), 2 * score(visualize.channel(LAYER, 2)))


@pytest.mark.parametrize("name", ["global_pool", "logits"])
def test_a_direction_in_a_layer_without_positions_is_a_weighted_sum(small_model, name: str):
    activation = torch.arange(6.0).reshape(2, 3)
    along = visualize.direction(LAYER, torch.tensor([1.0, 0.0, 2.0]))
    assert score(along, activation).tolist() == [4.0, 13.0]
    count = 1000 if name == "logits" else small_model.layers[name].shape[0]
    objective = visualize.direction(name, torch.ones(count))
    assert visualize.render(small_model, [objective], size=32, steps=2).shape == (1, 32, 32, 3)


def test_objectives_add_subtract_and_scale():
    a, b = visualize.channel(LAYER, 0), visualize.channel(LAYER, 1)
    torch.testing.assert_close(score(a + 2 * b), score(a) + 2 * score(b))
    torch.testing.assert_close(score(a - b), score(a) - score(b))
    torch.testing.assert_close(score(-a), -score(a))
    torch.testing.assert_close(score(a * 0.75 + b * 0.25), 0.75 * score(a) + 0.25 * score(b))


def test_score_of_a_layer_is_quadratic_in_its_activation():
    assert (
        score(visualize.layer(LAYER), 2 * ACTIVATION).tolist()
        == (4 * score(visualize.layer(LAYER))).tolist()
    )


def test_caricature_prefers_a_stronger_copy_to_another_activation():
    target = torch.rand(3, 4, 5)
    objective = visualize.caricature(LAYER, target)
    stronger = score(objective, 2 * target[None])
    different = score(objective, 2 * target.flip(0)[None])
    assert stronger > score(objective, target[None])
    assert stronger > different


def test_similarity_is_1_for_equal_and_0_for_orthogonal_variations():
    objective = visualize.diverse(visualize.channel(LAYER, 0))
    equal = torch.rand(1, 3, 4, 5).expand(4, -1, -1, -1)
    assert objective.similarity({LAYER: equal}).item() == pytest.approx(1, abs=1e-5)
    orthogonal = torch.zeros(2, 3, 4, 5)
    orthogonal[0, 0], orthogonal[1, 1] = 1, 1
    assert objective.similarity({LAYER: orthogonal}).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("objective", "error", "message"),
    [
        (visualize.channel("layer2", 48), visualize.NoSuchUnit, "0 to 47"),
        (visualize.channel("layer2", -1), visualize.NoSuchUnit, "0 to 47"),
        (visualize.channel("layr2", 0), UnknownLayer, "layer2"),
        (visualize.class_logit(1000), visualize.NoSuchUnit, "class 1000.*0 to 999"),
        (visualize.neuron("layer2", 0, 0, 500), visualize.NoSuchUnit, "x is 500"),
        (visualize.neuron("fc", 0), visualize.NoSuchUnit, "no positions"),
        (visualize.direction("layer2", torch.ones(3)), visualize.NoSuchUnit, "48 channels"),
    ],
)
def test_missing_layers_and_units_raise(small_model: zoo.Model, objective, error, message):
    assert small_model.layers["layer2"].shape[0] == 48
    with pytest.raises(error, match=message):
        visualize.render(small_model, [objective])
