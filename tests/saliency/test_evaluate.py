"""Measures of saliency maps: good and bad maps get different scores, with exact values."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from core import saliency, scenes, zoo
from core.saliency.evaluate import STEPS, rank_pixels, replace_top_pixels
from core.steps import drain

SQUARE = (slice(40, 80), slice(60, 100))


class Square(nn.Module):
    """A network whose logit of class 0 is the brightness of a square."""

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


def square_map(inside: float, outside: float) -> np.ndarray:
    maps = np.full((1, 160, 160), outside, np.float32)
    maps[0][SQUARE] = inside
    return maps


@pytest.fixture
def imgs() -> list:
    return [scenes.draw(class_="wolf", background="snow", seed=3, size=160).image]


def test_a_map_of_the_square_beats_a_map_of_the_background(m: zoo.Model, imgs: list):
    good, bad = (
        saliency.evaluate(m, imgs, square_map(*levels), [0]) for levels in ((1, 0), (0, 1))
    )
    assert good.deletion.shape == good.insertion.shape == (1, STEPS + 1)
    # Deleted pixels are 0, the mean of normalised pictures. The probability reaches its final value
    # at once with the right map, and only at the very end with the wrong one.
    start, end = good.deletion[0, 0], good.deletion[0, -1]
    assert abs(good.deletion[0, 2] - end) < 1e-5
    assert abs(bad.deletion[0, -3] - start) < 1e-5
    assert end == pytest.approx(0.5)
    assert good.deletion_area == pytest.approx(end + (start - end) * 1.5 / STEPS, abs=0.03)


def test_curves_start_and_end_with_the_whole_picture(m: zoo.Model, imgs: list):
    evaluation = saliency.evaluate(m, imgs, square_map(1, 0), [0])
    whole = m.net(m.preprocess(imgs)).softmax(1)[0, 0].item()
    assert evaluation.deletion[0, 0] == pytest.approx(whole, abs=1e-6)
    assert evaluation.insertion[0, -1] == pytest.approx(whole, abs=1e-6)


def test_an_area_test_is_the_curves_at_that_area(m: zoo.Model, imgs: list):
    maps = np.concatenate([square_map(1, 0), square_map(0, 1)])
    tests = drain(saliency.area_tests_steps(m, imgs * 2, maps, [0, 0]))
    for test, each in zip(tests, maps, strict=True):
        assert test == saliency.area_test(saliency.evaluate(m, imgs, each[None], [0]))
    right, wrong = tests
    assert right.without == pytest.approx(0.5) != pytest.approx(right.whole)
    assert wrong.without == pytest.approx(right.whole) == right.alone
    assert wrong.alone == pytest.approx(right.blurred) != pytest.approx(right.whole)


def test_areas_use_the_trapezium_rule():
    curves = np.array([[1.0, *[0.0] * STEPS]])
    assert saliency.Evaluation(curves, curves).deletion_area == pytest.approx(0.5 / STEPS)


def test_the_strongest_pixels_are_replaced_first():
    ranks = torch.from_numpy(rank_pixels(np.array([[3.0, 1.0], [2.0, 4.0]], np.float32)))
    first, last = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    half = replace_top_pixels(first, last, ranks, 0.5)
    assert half[0, 0].tolist() == [[1, 0], [0, 1]]


def test_peak_and_energy_in_a_mask():
    masks = np.zeros((2, 4, 4), bool)
    masks[:, :2] = True
    maps = np.zeros((2, 4, 4), np.float32)
    maps[0, 1, 1], maps[0, 3, 3] = 3, 1
    maps[1, 3, 0], maps[1, 0, 0] = 2, -5
    assert saliency.peak_in_mask(maps, masks).tolist() == [True, False]
    assert saliency.energy_in_mask(maps, masks) == pytest.approx([0.75, 0.0])
    assert saliency.energy_in_mask(np.zeros((1, 4, 4), np.float32), masks[:1]) == pytest.approx(
        [0.0]
    )


def test_rank_correlation_is_scipys_and_ignores_monotone_changes():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 3, 9, 9)).astype(np.float32)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)]
    assert saliency.rank_correlation(a, b) == pytest.approx(expected, abs=1e-6)
    assert saliency.rank_correlation(a, np.exp(a)) == pytest.approx([1, 1, 1])
    assert saliency.rank_correlation(a, np.zeros_like(a)).tolist() == [0, 0, 0]


def test_top_overlap_is_1_for_equal_and_0_for_opposite_maps():
    maps = np.arange(100, dtype=np.float32).reshape(1, 10, 10)
    assert saliency.top_overlap(maps, maps).tolist() == [1]
    assert saliency.top_overlap(maps, -maps).tolist() == [0]


def test_maps_change_as_weights_are_shuffled(bundled: list[str]):
    """Maps of guided backpropagation change less than those of the gradient."""
    assert "bundled/scenes-regnet" in bundled
    m = zoo.load("bundled/scenes-regnet")
    before = {name: value.clone() for name, value in m.net.state_dict().items()}
    imgs = [scenes.draw(class_=name, seed=1).image for name in ("wolf", "bus")]
    results = {
        key: drain(saliency.sanity_steps(m, imgs, key))
        for key in ("grad_cam", "gradient", "guided_backprop")
    }
    assert results["grad_cam"].shares[-1] == 1
    assert results["grad_cam"].likeness[-1].mean() < 0.5
    assert results["guided_backprop"].likeness.mean() > results["gradient"].likeness.mean()
    assert all(torch.equal(value, before[name]) for name, value in m.net.state_dict().items())
