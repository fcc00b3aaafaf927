"""Heat maps: colour scales, overlays, and maps cropped to a common window of the picture."""

import numpy as np
import pytest
from PIL import Image

from core import heatmap
from core.heatmap import Scale


def ramp(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 64 * 64, dtype=np.float32).reshape(64, 64)


def test_an_unsigned_scale_starts_at_0_and_clips_outliers():
    values = ramp(0, 1)
    values[0, 0] = 1000
    scale = heatmap.fit_scale([values], signed=False)
    assert scale.maximum == pytest.approx(0.995, abs=0.01)
    assert scale.normalise(values)[0, 1] == pytest.approx(0, abs=1e-3)
    assert scale.normalise(values)[0, 0] == 1


def test_a_signed_scale_has_0_in_its_middle():
    scale = heatmap.fit_scale([ramp(-1, 3)], signed=True)
    assert scale.normalise(np.zeros((2, 2), np.float32)).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert scale.colorscale != Scale(1, signed=False).colorscale


def test_a_shared_scale_fits_the_strongest_map():
    alone, both = (
        heatmap.fit_scale(maps, False).maximum for maps in ([ramp(0, 1)], [ramp(0, 1), ramp(0, 9)])
    )
    assert both == pytest.approx(9 * alone, rel=1e-3)


def test_opacity_goes_from_the_grey_picture_to_the_map_alone():
    img = Image.new("RGB", (64, 64), (200, 100, 0))
    scale = heatmap.fit_scale([ramp(0, 1)], signed=False)
    grey = np.asarray(heatmap.overlay(img, ramp(0, 1), scale, 0.0))
    assert (grey == grey[0, 0, 0]).all()
    alone = np.asarray(heatmap.overlay(img, ramp(0, 1), scale, 1.0)).astype(int)
    assert np.abs(alone[0, 0] - [68, 1, 84]).max() <= 2  # first colour of viridis
    assert np.abs(alone[-1, -1] - [253, 231, 37]).max() <= 2  # last colour of viridis


def test_a_constant_map_can_be_drawn():
    flat = np.zeros((8, 8), np.float32)
    scale = heatmap.fit_scale([flat], signed=False)
    assert np.asarray(heatmap.overlay(Image.new("RGB", (8, 8)), flat, scale)).shape == (8, 8, 3)


def test_maps_of_different_crops_agree_in_the_common_window():
    """A ramp over the whole picture is the same ramp in every crop."""
    size = (400, 200)
    boxes = [(0.0, 0.0, 400.0, 200.0), (100.0, 0.0, 300.0, 200.0)]
    window = heatmap.common_box(boxes, size)
    assert window == (100, 0, 300, 200)
    wide = np.tile(np.linspace(0, 400, 160, dtype=np.float32), (80, 1))
    narrow = np.tile(np.linspace(100, 300, 64, dtype=np.float32), (64, 1))
    a, b = (
        heatmap.crop_map(values, box, window)
        for values, box in zip((wide, narrow), boxes, strict=True)
    )
    assert a.shape == b.shape == (224, 224)
    assert np.abs(a - b).max() < 4


def test_the_common_box_excludes_padding():
    assert heatmap.common_box([(-50.0, -50.0, 250.0, 150.0)], (200, 100)) == (0, 0, 200, 100)


def test_a_signed_map_of_zeros_has_the_middle_colour():
    flat = np.zeros((8, 8), np.float32)
    assert (
        heatmap.fit_scale([flat], signed=True).normalise(flat).tolist()
        == np.full((8, 8), 0.5).tolist()
    )


def test_the_figure_has_the_values_and_the_picture():
    scale = heatmap.fit_scale([ramp(-1, 1)], signed=True)
    chart = heatmap.figure(Image.new("RGB", (64, 64)), ramp(-1, 1), scale, 0.4)
    np.testing.assert_array_equal(chart.data[0].z, ramp(-1, 1))
    assert chart.data[0].zmin == -scale.maximum
    assert chart.data[0].zmax == scale.maximum
    assert chart.data[0].opacity == 0.4
    assert len(chart.layout.images) == 1
    assert chart.layout.yaxis.range == (63.5, -0.5)  # the first row is on top


def test_divide_by_peak_scales_the_largest_absolute_value_to_1():
    assert heatmap.divide_by_peak(np.array([[1.0, -4.0]], np.float32)).tolist() == [[0.25, -1.0]]
    assert heatmap.divide_by_peak(np.zeros((1, 2), np.float32)).tolist() == [[0, 0]]


def test_a_row_of_maps_has_one_scale_and_gaps():
    maps = np.stack([np.full((4, 4), value, np.float32) for value in (-2, 0.5, 3)])
    row = heatmap.map_row(maps, side=8, gap=2)
    assert row.size == (28, 8)
    pixels = np.asarray(row).astype(int)
    assert np.abs(pixels[0, 0, :3] - [68, 1, 84]).max() <= 2  # the lowest value of all maps
    assert np.abs(pixels[0, -1, :3] - [253, 231, 37]).max() <= 2  # the highest
    assert pixels[0, 9, 3] == 0  # the gap is transparent
