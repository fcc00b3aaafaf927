"""Curves with intervals, risk-coverage curves, and tables as pictures."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core import compare, figures
from core.intervals import Interval


def test_curves_of_networks_stand_beside_each_other_with_their_intervals():
    line = [Interval(0.9, 0.8, 0.95), Interval(0.5, 0.3, 0.7)]
    figure = figures.severity_curves(
        {"one": line, "two <b>": line}, ["unchanged", "3 px"], 1, "Blur", "accuracy"
    )
    first, second = figure.data
    assert list(first.y) == [0.9, 0.5]
    assert list(first.error_y.array) == pytest.approx([0.05, 0.2])
    assert list(first.error_y.arrayminus) == pytest.approx([0.1, 0.2])
    assert all(a < b for a, b in zip(first.x, second.x, strict=True))
    assert first.line.color != second.line.color
    assert "<b>" not in second.name


def test_risk_coverage_curves_have_their_thresholds():
    curve = compare.risk_coverage(np.array([0.9, 0.6, 0.3]), np.array([True, False, True]))
    figure = figures.risk_coverage_curves({"a": curve, "b": curve}, {"b": (0.5, 0.1)})
    assert list(figure.data[0].x) == pytest.approx([1 / 3, 2 / 3, 1])
    assert list(figure.data[0].customdata) == [0.9, 0.6, 0.3]
    ring = figure.data[2]
    assert (ring.x[0], ring.y[0]) == (0.5, 0.1)
    assert ring.marker.color == figure.data[1].line.color


def test_a_table_is_drawn_with_every_row_and_grows_with_its_texts():
    table = pd.DataFrame({"network": ["a", "b"], "accuracy": ["90% (80% to 95%)", "5%"]})
    img = figures.table_picture(table, "Title", ["A note."])
    assert np.asarray(img).min() < 60
    assert img.getpixel((2, 2)) == (255, 255, 255)
    longer = figures.table_picture(pd.concat([table, table]), "Title", ["A note."])
    assert longer.height > img.height
    wider = figures.table_picture(table.assign(network="x" * 40), "Title", ["A note."])
    assert wider.width > img.width
    cut = figures.table_picture(table.assign(network="x" * 4000), "Title")
    assert cut.width < 1500
    other = figures.table_picture(table.assign(accuracy="10%"), "Title", ["A note."])
    assert not same_pixels(img, other)


def same_pixels(img: Image.Image, other: Image.Image) -> bool:
    return img.size == other.size and np.array_equal(np.asarray(img), np.asarray(other))
