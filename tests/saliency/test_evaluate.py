"""Scores of maps: perfect and worthless ones are told apart, and figures are what they say."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from core import saliency, scenes, zoo
from core.saliency.evaluate import STEPS, ranked, revealed
from core.steps import drain

SQUARE = (slice(40, 80), slice(60, 100))


class Square(nn.Module):
    """Sure of class 0 when a square is bright."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bright = x[:, :, *SQUARE].mean((1, 2, 3))
        return torch.stack([4 * bright, torch.zeros_like(bright)], 1)


@pytest.fixture
def m() -> zoo.Model:
    m = zoo.load("untrained/test_resnet")
    m.net = Square()
    return m


def maps_of(inside: float, outside: float) -> np.ndarray:
    one = np.full((1, 160, 160), outside, np.float32)
    one[0][SQUARE] = inside
    return one


@pytest.fixture
def imgs() -> list:
    return [scenes.draw(class_="wolf", background="snow", seed=3, size=160).image]


def test_a_map_of_what_matters_beats_one_of_what_does_not(m: zoo.Model, imgs: list):
    good, bad = (saliency.evaluate(m, imgs, maps_of(*levels), [0]) for levels in ((1, 0), (0, 1)))
    assert good.deletion.shape == good.insertion.shape == (1, STEPS + 1)
    # Grey is 0 for a normalised network: whichever way the square's brightness lies from it, the
    # right map gets there at once and the wrong one at the very end.
    start, end = good.deletion[0, 0], good.deletion[0, -1]
    assert abs(good.deletion[0, 2] - end) < 1e-5
    assert abs(bad.deletion[0, -3] - start) < 1e-5
    assert end == pytest.approx(0.5)
    assert good.deleted == pytest.approx(end + (start - end) * 1.5 / STEPS, abs=0.03)


def test_curves_begin_and_end_with_whole_pictures(m: zoo.Model, imgs: list):
    found = saliency.evaluate(m, imgs, maps_of(1, 0), [0])
    whole = m.net(m.preprocess(imgs)).softmax(1)[0, 0].item()
    assert found.deletion[0, 0] == pytest.approx(whole, abs=1e-6)
    assert found.insertion[0, -1] == pytest.approx(whole, abs=1e-6)


def test_areas_are_by_the_trapezium_rule():
    curves = np.array([[1.0, *[0.0] * STEPS]])
    assert saliency.Evaluation(curves, curves).deleted == pytest.approx(0.5 / STEPS)


def test_the_strongest_pixels_change_first():
    order = torch.from_numpy(ranked(np.array([[3.0, 1.0], [2.0, 4.0]], np.float32)))
    first, last = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    half = revealed(first, last, order, 0.5)
    assert half[0, 0].tolist() == [[1, 0], [0, 1]]


def test_pointing_and_energy():
    masks = np.zeros((2, 4, 4), bool)
    masks[:, :2] = True
    maps = np.zeros((2, 4, 4), np.float32)
    maps[0, 1, 1], maps[0, 3, 3] = 3, 1
    maps[1, 3, 0], maps[1, 0, 0] = 2, -5
    assert saliency.pointed(maps, masks).tolist() == [True, False]
    assert saliency.energy(maps, masks) == pytest.approx([0.75, 0.0])
    assert saliency.energy(np.zeros((1, 4, 4), np.float32), masks[:1]) == pytest.approx([0.0])


def test_rank_correlation_is_scipys_and_blind_to_what_keeps_the_order():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 3, 9, 9)).astype(np.float32)
    theirs = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)]
    assert saliency.rank_correlation(a, b) == pytest.approx(theirs, abs=1e-6)
    assert saliency.rank_correlation(a, np.exp(a)) == pytest.approx([1, 1, 1])
    assert saliency.rank_correlation(a, np.zeros_like(a)).tolist() == [0, 0, 0]


def test_top_overlap():
    one = np.arange(100, dtype=np.float32).reshape(1, 10, 10)
    assert saliency.top_overlap(one, one).tolist() == [1]
    assert saliency.top_overlap(one, -one).tolist() == [0]


def test_maps_lose_their_likeness_as_weights_lose_theirs(bundled: list[str]):
    """And guided backpropagation keeps more of it than the gradient does."""
    assert "bundled/scenes-regnet" in bundled
    m = zoo.load("bundled/scenes-regnet")
    before = {name: value.clone() for name, value in m.net.state_dict().items()}
    imgs = [scenes.draw(class_=name, seed=1).image for name in ("wolf", "bus")]
    found = {
        key: drain(saliency.sanity_steps(m, imgs, key))
        for key in ("grad_cam", "gradient", "guided_backprop")
    }
    assert found["grad_cam"].shares[-1] == 1
    assert found["grad_cam"].likeness[-1].mean() < 0.5
    assert found["guided_backprop"].likeness.mean() > found["gradient"].likeness.mean()
    assert all(torch.equal(value, before[name]) for name, value in m.net.state_dict().items())
