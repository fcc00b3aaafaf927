"""Default qualities of classes, first layers and units; JSON round trip."""

import pytest

from core.layers import LOGITS
from core.visualize import Quality, Transforms, on_canvas, quality_for
from core.visualize.canvas import CANVASES
from core.visualize.quality import CLASSES, FIRST_LAYERS, UNITS


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        ("bn1", (32, 112, 112), FIRST_LAYERS),
        ("stem", (32, 224, 224), FIRST_LAYERS),
        ("stem", (64, 56, 56), UNITS),
        ("blocks.3", (96, 14, 14), UNITS),
        ("head", (1280,), UNITS),
    ],
)
def test_layers_of_stride_1_or_2_are_first_layers(layer: str, shape: tuple, expected: Quality):
    assert quality_for((3, 224, 224), layer, shape) == expected


@pytest.mark.parametrize(("side", "size"), [(96, 96), (224, 192)])
def test_class_pictures_have_the_input_size_up_to_a_limit(side: int, size: int):
    quality = quality_for((3, side, side), LOGITS, ())
    assert quality.size == size
    assert quality.transforms == CLASSES.transforms


def test_json_round_trip_keeps_every_setting():
    quality = Quality("maco", 40, 3, 1.1, 0.7, 0.3, Transforms(crop=(0.5, 0.9), looks=2))
    assert Quality.from_json(quality.to_json()) == quality


def test_on_canvas_keeps_size_and_steps():
    for canvas in CANVASES:
        quality = on_canvas(UNITS, canvas)
        assert (quality.canvas, quality.steps, quality.size) == (canvas, UNITS.steps, UNITS.size)
    assert on_canvas(UNITS, "fourier") == UNITS
