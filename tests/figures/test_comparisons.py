"""Plots that compare networks: values, hover texts and positions of cells, bars and dots."""

import numpy as np
import pandas as pd
import pytest

from core import compare, figures

TABLE = pd.DataFrame([[1.0, 0.25, np.nan], [0.5, 0.75, 0.0]], ["a1", "a2"], ["b1", "b2", "b3"])


def test_every_cell_of_layer_similarity_has_a_square_to_click():
    chart = figures.layer_similarity(TABLE, "first", "second")
    heat, squares = chart.data
    assert squares.type == "scatter"
    assert squares.marker.symbol == "square"
    cells = dict(zip(zip(squares.y, squares.x, strict=True), squares.text, strict=True))
    assert len(cells) == 6
    assert cells[1, 0] == "a2, b1: 0.50"
    assert np.asarray(heat.z)[1, 0] == 0.5
    assert chart.layout.xaxis.ticktext == ("b1", "b2", "b3")
    assert chart.layout.yaxis.range == (-0.5, 1.5)  # the first layer is at the bottom
    assert chart.layout.xaxis.range == (-0.5, 2.5)
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == ("second", "first")


def test_confusion_matrix_has_shares_as_colours_and_counts_on_hover():
    counts = pd.DataFrame([[6, 2], [0, 0]], ["cat", "dog"], ["cat", compare.OTHER_CLASS])
    chart = figures.confusion_matrix(counts)
    heat, squares = chart.data
    assert chart.layout.yaxis.range == (1.5, -0.5)  # the first class is on top
    np.testing.assert_allclose(heat.z, [[0.75, 0.25], [0, 0]])
    assert squares.text[1] == "true class cat, predicted another class: 2 pictures"


def test_a_reliability_diagram_has_a_bar_per_bin_and_the_diagonal():
    reliability = compare.reliability(np.array([0.2, 0.95, 0.99]), np.array([False, True, False]))
    chart = figures.reliability_diagram(reliability)
    bars, diagonal = chart.data
    assert len(bars.x) == 15
    assert bars.y[-1] == 0.5
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert chart.layout.title.text == f"expected calibration error {100 * reliability.ece:.1f}%"
    assert bars.x[-1] == pytest.approx(14.5 / 15)
    assert bars.customdata[-1].tolist() == pytest.approx([0.97, 2])
    # The fullest bin is opaque; a bin with half of its pictures is fainter.
    assert bars.marker.opacity[-1] == pytest.approx(1)
    assert bars.marker.opacity[reliability.count.tolist().index(1)] == pytest.approx(0.625)


def test_hover_texts_have_the_standard_error_unless_it_is_nan():
    errors = pd.DataFrame([[0.0, 0.04, np.nan], [np.nan, 0.1, 0.2]], ["a1", "a2"], TABLE.columns)
    squares = figures.layer_similarity(TABLE, "first", "second", errors).data[1]
    assert squares.text[1] == "a1, b2: 0.25 ± 0.04"
    assert squares.text[3] == "a2, b1: 0.50"


def test_mark_cell_frames_the_cell_of_this_row_and_column():
    chart = figures.layer_similarity(TABLE, "first", "second")
    figures.mark_cell(chart, 1, 2)
    (frame,) = chart.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 2.5, 0.5, 1.5)


def test_accuracy_by_time_has_a_dot_per_network():
    table = pd.DataFrame(
        {"ms a picture": [5.0, 20.0], "accuracy": [0.9, 0.95], "parameters": [1e6, 4e6]},
        ["small", "large"],
    )
    small, large = figures.accuracy_by_time(table).data
    assert (small.name, small.x, small.y) == ("small", (5.0,), (0.9,))
    assert (large.name, large.x, large.y) == ("large", (20.0,), (0.95,))
    assert figures.accuracy_by_time(table).layout.yaxis.range == (-0.05, 1.05)  # no 200 %
    assert large.marker.size == 40
    assert small.marker.size == 25
    assert small.marker.color != large.marker.color
    assert "small" in small.hovertemplate
