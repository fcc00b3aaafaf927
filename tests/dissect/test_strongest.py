"""The units that a picture excites most, against a slow reference, and the boxes that they see."""

import numpy as np
import pytest
from PIL import Image

from core import dissect, probe, zoo
from core.layers import UnknownLayer

LAYERS = ["layer2", "layer3"]


def slow_strength(values: np.ndarray) -> float:
    numbers = [float(value) for row in values for value in row]
    mean = sum(numbers) / len(numbers)
    deviation = (sum((number - mean) ** 2 for number in numbers) / len(numbers)) ** 0.5
    return (max(numbers) - mean) / deviation if deviation else 0.0


def test_strengths_equal_a_slow_reference(small_model: zoo.Model, noise: Image.Image):
    found = dissect.strongest_units(small_model, noise, LAYERS, count=3, among=16)
    maps = probe.read(small_model, small_model.preprocess([noise]), LAYERS)
    for name in LAYERS:
        values = maps[name][0].numpy()
        strengths = {unit: slow_strength(values[unit]) for unit in range(16)}
        units = found[name].units.tolist()
        assert len(set(units)) == 3
        assert strengths[units[0]] == pytest.approx(max(strengths.values()), rel=1e-4)
        for unit, strength, (row, column) in zip(
            units, found[name].strengths, found[name].places, strict=True
        ):
            assert strength == pytest.approx(strengths[unit], rel=1e-4)
            assert values[unit, row, column] == values[unit].max()
        assert found[name].grid == values.shape[1:]


def test_a_unit_that_looks_elsewhere_goes_before_a_stronger_one_at_the_same_place():
    maps = np.zeros((4, 20, 20), np.float32)
    maps[1, 5, 5] = 1  # the strongest
    maps[2, 5, 6], maps[2, 0, 0] = 1, 0.1  # beside it, a little weaker
    maps[3, 15, 15], maps[3, 0, 0] = 1, 0.5  # elsewhere, weaker still; unit 0 is silent
    assert dissect.choose_units(maps, 3).units.tolist() == [1, 3, 2]


def test_constant_units_come_last_and_a_layer_may_have_fewer_units():
    maps = np.zeros((2, 4, 4), np.float32)
    maps[1, 2, 3] = 1
    found = dissect.choose_units(maps, 5)
    assert found.units.tolist() == [1, 0]
    assert found.strengths[1] == 0


def test_a_layer_without_positions_is_refused(small_model: zoo.Model, noise: Image.Image):
    with pytest.raises(UnknownLayer, match="no positions"):
        dissect.strongest_units(small_model, noise, ["fc"], 2, 8)


def test_boxes_have_the_size_of_the_field_and_stay_in_the_picture():
    assert dissect.box_around((3, 3), (7, 7), (70, 70), 20.0) == (25, 25, 45, 45)
    assert dissect.box_around((0, 6), (7, 7), (70, 70), 20.0) == (50, 0, 70, 20)
    assert dissect.box_around((0, 0), (7, 7), (70, 70), 500.0) == (0, 0, 70, 70)
    left, _, right, _ = dissect.box_around((3, 3), (7, 7), (100, 100), 1.0)
    assert right - left == pytest.approx(12)
