"""Quality: classes, first layers and units each have their own; all of it survives JSON."""

import pytest

from core.visualize import LOGITS, Quality, Transforms, on_canvas, quality_for
from core.visualize.canvas import CANVASES
from core.visualize.quality import CLASSES, FIRST, UNITS


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        ("bn1", (32, 112, 112), FIRST),
        ("stem", (32, 224, 224), FIRST),
        ("stem", (64, 56, 56), UNITS),
        ("blocks.3", (96, 14, 14), UNITS),
        ("head", (1280,), UNITS),
    ],
)
def test_layers_of_a_stride_of_two_are_first_ones(layer: str, shape: tuple, expected: Quality):
    assert quality_for((3, 224, 224), layer, shape) == expected


@pytest.mark.parametrize(("side", "size"), [(96, 96), (224, 192)])
def test_class_pictures_are_as_large_as_the_network_sees_to_a_limit(side: int, size: int):
    quality = quality_for((3, side, side), LOGITS, ())
    assert quality.size == size
    assert quality.transforms == CLASSES.transforms


def test_json_brings_back_all_of_it():
    quality = Quality("maco", 40, 3, 1.1, 0.7, 0.3, Transforms(crop=(0.5, 0.9), looks=2))
    assert Quality.from_json(quality.to_json()) == quality


def test_the_same_effort_on_another_canvas():
    for canvas in CANVASES:
        other = on_canvas(UNITS, canvas)
        assert (other.canvas, other.steps, other.size) == (canvas, UNITS.steps, UNITS.size)
    assert on_canvas(UNITS, "fourier") == UNITS
