"""Concept scores: a unit equal to a mask has an IoU near 1, a random unit a low one."""

import numpy as np
import pytest
import torch
from torch import nn

from core import dissect, scenes, zoo
from core.dissect.concepts import CONCEPTS, SCALE
from core.dissect.reference_scenes import SEED
from core.layers import UnknownLayer
from core.steps import drain


class MaskNetwork(nn.Module):
    """A network of three units: the mask of wheels, the mask of grass, and random noise.

    It finds its input among the scenes drawn here, so the code under test has to pass the scenes to
    it unchanged.
    """

    def __init__(self, count: int, size: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        factors = [{"class_": scenes.CLASSES[index % len(scenes.CLASSES)], "scale": SCALE}
                   for index in range(count)]  # fmt: skip
        self._batch = scenes.batch(SEED, range(count), size, factors)
        self.masks = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        is_scene = x.shape[-1] == self._batch.pictures.shape[-1] and x.any()
        if not is_scene:  # the forward pass that lists the layers
            return self.masks(torch.zeros(len(x), 3, *x.shape[2:])).mean((2, 3))
        pictures = ((x * 0.5 + 0.5) * 255).round().byte()
        rows = [
            int((self._batch.pictures == picture).flatten(1).all(1).nonzero()[0])
            for picture in pictures
        ]
        parts = self._batch.parts[rows]
        has_grass = torch.tensor([self._batch.factors[row].background == "grass" for row in rows])
        wheel = (parts == scenes.PARTS.index("wheel")).float()
        grass = (parts == 0).float() * has_grass[:, None, None]
        return self.masks(torch.stack([wheel, grass, torch.rand_like(grass)], 1)).mean((2, 3))


@pytest.fixture
def mask_model(monkeypatch) -> zoo.Model:
    m = zoo.load("untrained/test_resnet")
    size = m.input_size[1]
    m.card.config.update(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    m.card.__dict__.pop("preprocessing", None)
    m.net = MaskNetwork(84, size).requires_grad_(False)
    return m


def test_units_equal_to_a_mask_are_named_after_its_concept(mask_model: zoo.Model):
    best = dissect.parts(mask_model, "masks", count=84).best()
    assert best["concept"][0] == "wheel"
    assert best["iou"][0] > 0.8
    assert best["concept"][1] == "grass"
    # Grass covers more positions than any top share, but the unit saturates: all of them count.
    assert best["iou"][1] > 0.8
    assert best["iou"][2] < 0.2
    assert best["part"][0] == "wheel"
    assert best["part_iou"][0] == best["iou"][0]
    assert best["part_iou"][1] < 0.2  # grass is a place, not a part


def test_scores_of_a_real_network_are_between_0_and_1(small_model: zoo.Model):
    scores = dissect.parts(small_model, "layer2", count=28)
    assert scores.iou.shape == (48, len(CONCEPTS))
    assert np.isfinite(scores.iou).all()
    assert scores.iou.min() >= 0
    assert scores.iou.max() <= 1


def test_layer_without_positions_raises(small_model: zoo.Model):
    with pytest.raises(UnknownLayer, match="no positions"):
        dissect.parts(small_model, "fc")


def test_units_are_counted_by_kind_of_concept():
    iou = np.zeros((5, len(CONCEPTS)), np.float32)
    for unit, (concept, overlap) in enumerate(
        [("wheel", 0.3), ("grass", 0.5), ("object", 0.2), ("eye", 0.05), ("occluder", 0.4)]
    ):
        iou[unit, CONCEPTS.index(concept)] = overlap
    counts = dissect.count_kinds({"late": dissect.PartScores(iou)}, 0.1)
    assert counts.loc["late"].to_dict() == {"place": 2, "part": 1, "whole": 1}


def test_layers_that_are_read_together_have_the_same_scores(small_model: zoo.Model):
    names = ["layer1.0", "layer3.0"]
    together = drain(dissect.parts_steps(small_model, names, count=28))
    for name in names:
        alone = dissect.parts(small_model, name, count=28)
        np.testing.assert_array_equal(together[name].iou, alone.iou)
