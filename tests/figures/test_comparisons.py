"""Figures of comparisons: every cell can be clicked and says what it is."""

import numpy as np
import pandas as pd
import pytest

from core import compare, figures

TABLE = pd.DataFrame([[1.0, 0.25, np.nan], [0.5, 0.75, 0.0]], ["a1", "a2"], ["b1", "b2", "b3"])


def test_every_cell_of_a_heat_map_has_a_square_to_click():
    chart = figures.layer_likeness(TABLE, "one", "other")
    heat, squares = chart.data
    assert squares.type == "scatter"
    assert squares.marker.symbol == "square"
    cells = dict(zip(zip(squares.y, squares.x, strict=True), squares.text, strict=True))
    assert len(cells) == 6
    assert cells[1, 0] == "a2, b1: 0.50"
    assert np.asarray(heat.z)[1, 0] == 0.5
    assert chart.layout.xaxis.ticktext == ("b1", "b2", "b3")
    assert chart.layout.yaxis.range == (-0.5, 1.5)  # the first at the bottom, as networks are drawn
    assert chart.layout.xaxis.range == (-0.5, 2.5)
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == ("other", "one")


def test_confusion_is_coloured_by_shares_and_tells_counts():
    counts = pd.DataFrame([[6, 2], [0, 0]], ["cat", "dog"], ["cat", compare.OTHER])
    chart = figures.confusion(counts)
    heat, squares = chart.data
    assert chart.layout.yaxis.range == (1.5, -0.5)  # the first on top, as one reads
    np.testing.assert_allclose(heat.z, [[0.75, 0.25], [0, 0]])
    assert squares.text[1] == "cat taken for another class: 2 pictures"


def test_a_reliability_diagram_has_a_bar_a_bin_and_the_diagonal():
    found = compare.reliability(np.array([0.2, 0.95, 0.99]), np.array([False, True, False]))
    chart = figures.reliability_diagram(found)
    bars, diagonal = chart.data
    assert len(bars.x) == 15
    assert bars.y[-1] == 0.5
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert chart.layout.title.text == f"expected calibration error {100 * found.ece:.1f} %"
    assert bars.marker.opacity[-1] == pytest.approx(1)


def test_a_cell_tells_its_error_where_there_is_one():
    errors = pd.DataFrame([[0.0, 0.04, np.nan], [np.nan, 0.1, 0.2]], ["a1", "a2"], TABLE.columns)
    squares = figures.layer_likeness(TABLE, "one", "other", errors).data[1]
    assert squares.text[1] == "a1, b2: 0.25 ± 0.04"
    assert squares.text[3] == "a2, b1: 0.50"


def test_a_frame_lies_about_the_cell_that_is_meant():
    chart = figures.layer_likeness(TABLE, "one", "other")
    figures.mark_cell(chart, 1, 2)
    (frame,) = chart.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 2.5, 0.5, 1.5)


def test_networks_stand_by_their_time_and_their_accuracy():
    table = pd.DataFrame(
        {"ms a picture": [5.0, 20.0], "accuracy": [0.9, 0.95], "parameters": [1e6, 4e6]},
        ["small", "large"],
    )
    small, large = figures.accuracy_by_time(table).data
    assert (small.name, small.x, small.y) == ("small", (5.0,), (0.9,))
    assert (large.name, large.x, large.y) == ("large", (20.0,), (0.95,))
    assert large.marker.size == 40
    assert small.marker.size == 25
