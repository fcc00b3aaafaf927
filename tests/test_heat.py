"""Maps → colours: scales say what they should, and maps lie where the network looked."""

import numpy as np
import pytest
from PIL import Image

from core import heat
from core.heat import Scale


def ramp(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 64 * 64, dtype=np.float32).reshape(64, 64)


def test_an_unsigned_scale_starts_at_nothing_and_leaves_out_few():
    one = ramp(0, 1)
    one[0, 0] = 1000
    scale = heat.scale_of([one], signed=False)
    assert scale.top == pytest.approx(0.995, abs=0.01)
    assert scale.shares(one)[0, 1] == pytest.approx(0, abs=1e-3)
    assert scale.shares(one)[0, 0] == 1


def test_a_signed_scale_has_nothing_in_its_middle():
    scale = heat.scale_of([ramp(-1, 3)], signed=True)
    assert scale.shares(np.zeros((2, 2), np.float32)).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert scale.name != Scale(1, signed=False).name


def test_a_shared_scale_fits_the_strongest():
    alone, both = (
        heat.scale_of(maps, False).top for maps in ([ramp(0, 1)], [ramp(0, 1), ramp(0, 9)])
    )
    assert both == pytest.approx(9 * alone, rel=1e-3)


def test_an_overlay_lets_through_as_much_as_is_asked():
    img = Image.new("RGB", (64, 64), (200, 100, 0))
    scale = heat.scale_of([ramp(0, 1)], signed=False)
    grey = np.asarray(heat.overlay(img, ramp(0, 1), scale, 0.0))
    assert (grey == grey[0, 0, 0]).all()
    alone = np.asarray(heat.overlay(img, ramp(0, 1), scale, 1.0)).astype(int)
    assert np.abs(alone[0, 0] - [68, 1, 84]).max() <= 2  # viridis begins so
    assert np.abs(alone[-1, -1] - [253, 231, 37]).max() <= 2  # and ends so


def test_a_flat_map_has_a_colour():
    flat = np.zeros((8, 8), np.float32)
    scale = heat.scale_of([flat], signed=False)
    assert np.asarray(heat.overlay(Image.new("RGB", (8, 8)), flat, scale)).shape == (8, 8, 3)


def test_maps_of_networks_that_crop_otherwise_are_compared_where_both_saw():
    """A ramp over the whole picture is the same ramp in every crop."""
    size = (400, 200)
    boxes = [(0.0, 0.0, 400.0, 200.0), (100.0, 0.0, 300.0, 200.0)]
    window = heat.common(boxes, size)
    assert window == (100, 0, 300, 200)
    wide = np.tile(np.linspace(0, 400, 160, dtype=np.float32), (80, 1))
    narrow = np.tile(np.linspace(100, 300, 64, dtype=np.float32), (64, 1))
    a, b = (heat.placed(one, box, window) for one, box in zip((wide, narrow), boxes, strict=True))
    assert a.shape == b.shape == (224, 224)
    assert np.abs(a - b).max() < 4


def test_what_a_network_pads_is_not_compared():
    assert heat.common([(-50.0, -50.0, 250.0, 150.0)], (200, 100)) == (0, 0, 200, 100)


def test_a_signed_map_of_nothing_speaks_neither_for_nor_against():
    flat = np.zeros((8, 8), np.float32)
    assert heat.scale_of([flat], signed=True).shares(flat).tolist() == np.full((8, 8), 0.5).tolist()


def test_the_figure_shows_the_values_and_the_picture():
    scale = heat.scale_of([ramp(0, 1)], signed=False)
    chart = heat.figure(Image.new("RGB", (64, 64)), ramp(0, 1), scale, 0.4)
    assert chart.data[0].zmax == scale.top
    assert chart.data[0].opacity == 0.4
    assert len(chart.layout.images) == 1
