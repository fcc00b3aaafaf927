"""Parts: a unit that is the mask scores near 1; one that is noise scores like noise."""

import numpy as np
import pytest
import torch
from torch import nn

from core import dissect, probe, scenes, zoo
from core.dissect.concepts import CONCEPTS, SCALE
from core.dissect.sample import SEED


class Oracle(nn.Module):
    """Knows where wheels are: its first unit is their mask, its second the grass, the third noise.

    It looks the scene up, so that the code under test has to feed it the scenes as they are drawn.
    """

    def __init__(self, count: int, size: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        even = [{"class_": scenes.CLASSES[i % len(scenes.CLASSES)], "scale": SCALE}
                for i in range(count)]  # fmt: skip
        self._drawn = scenes.batch(SEED, range(count), size, even)
        self.known = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1] != self._drawn.pictures.shape[-1] or not x.any():
            return self.known(torch.zeros(len(x), 3, *x.shape[2:])).mean((2, 3))
        pictures = ((x * 0.5 + 0.5) * 255).round().byte()
        rows = [
            int((self._drawn.pictures == one).flatten(1).all(1).nonzero()[0]) for one in pictures
        ]
        parts = self._drawn.parts[rows]
        grass = torch.tensor([self._drawn.factors[row].background == "grass" for row in rows])
        wheel = (parts == scenes.PARTS.index("wheel")).float()
        lawn = (parts == 0).float() * grass[:, None, None]
        return self.known(torch.stack([wheel, lawn, torch.rand_like(lawn)], 1)).mean((2, 3))


@pytest.fixture
def oracle(monkeypatch) -> zoo.Model:
    m = zoo.load("untrained/test_resnet")
    size = m.input_size[1]
    m.card.config.update(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    m.card.__dict__.pop("preprocessing", None)
    m.net = Oracle(84, size).requires_grad_(False)
    return m


def test_units_that_are_masks_are_named_after_them(oracle: zoo.Model):
    scores = dissect.parts(oracle, "known", count=84)
    best = scores.best()
    assert best["concept"][0] == "wheel"
    assert best["iou"][0] > 0.8
    assert best["concept"][1] == "grass"
    # Grass covers more than the strongest hundredth: what is over the threshold is all of it.
    assert best["iou"][1] > 0.8
    assert best["iou"][2] < 0.2
    assert best["part"][0] == "wheel"
    assert best["part_iou"][0] == best["iou"][0]
    assert best["part_iou"][1] < 0.2  # lawn is where it is, no part


def test_the_scores_of_a_real_network_are_shares(small_model: zoo.Model):
    scores = dissect.parts(small_model, "layer2", count=28)
    assert scores.iou.shape == (48, len(CONCEPTS))
    assert np.isfinite(scores.iou).all()
    assert scores.iou.min() >= 0
    assert scores.iou.max() <= 1


def test_a_layer_without_positions_is_refused(small_model: zoo.Model):
    with pytest.raises(probe.UnknownLayer, match="no positions"):
        dissect.parts(small_model, "fc")


def test_units_are_counted_by_kind():
    iou = np.zeros((5, len(CONCEPTS)), np.float32)
    for unit, (concept, overlap) in enumerate(
        [("wheel", 0.3), ("grass", 0.5), ("object", 0.2), ("eye", 0.05), ("occluder", 0.4)]
    ):
        iou[unit, CONCEPTS.index(concept)] = overlap
    counts = dissect.count_kinds({"late": dissect.PartScores(iou)}, 0.1)
    assert counts.loc["late"].to_dict() == {"place": 2, "part": 1, "whole": 1}
