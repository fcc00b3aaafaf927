"""Bar charts, curves, matrices and marked pictures: the data that reaches each plot."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageColor

from core import figures
from core.figures.charts import GREY, PALETTE
from core.heatmap import DIVERGING, SEQUENTIAL
from core.interventions import Interval
from core.predict import Prediction


def ranking(**probabilities: float) -> list[Prediction]:
    return [
        Prediction(label=label, index=index, probability=probability)
        for index, (label, probability) in enumerate(probabilities.items())
    ]


def test_labels_in_several_rankings_share_a_colour():
    rankings = [ranking(cat=0.9, dog=0.1), ranking(dog=0.6, fox=0.4), ranking(fox=0.7, owl=0.3)]
    colours = figures.shared_colours(rankings)
    assert colours == dict(zip(["cat", "dog", "fox"], PALETTE, strict=False))


def test_the_top_class_of_each_ranking_has_a_colour():
    assert figures.shared_colours([ranking(fox=0.9, dog=0.1)]) == {"fox": PALETTE[0]}
    many = {f"class {k}": 0.1 for k in range(8)}
    colours = figures.shared_colours([ranking(**many), ranking(**many), ranking(owl=0.9, cat=0.1)])
    assert "owl" in colours
    assert "cat" not in colours
    assert len(set(colours.values())) == len(PALETTE)


def test_shared_labels_beyond_the_palette_have_no_colour():
    first = [Prediction(label=f"class {k}", index=k, probability=0.1) for k in range(8)]
    colours = figures.shared_colours([first, first])
    assert list(colours) == [f"class {k}" for k in range(len(PALETTE))]
    assert len(set(colours.values())) == len(PALETTE)


def test_probability_bars_have_the_ranking_with_its_best_class_on_top():
    chart = figures.probability_bars(ranking(cat=0.875, dog=0.125, fox=0.0001), {"dog": "#123456"})
    (bars,) = chart.data
    assert list(bars.x) == [0.875, 0.125, 0.0001]
    assert list(bars.y) == ["1", "2", "3"]
    assert chart.layout.yaxis.autorange == "reversed"
    assert list(bars.text) == ["cat · 87.5%", "dog · 12.5%", "fox · <0.1%"]
    assert list(bars.marker.color) == [GREY, "#123456", GREY]
    assert bars.orientation == "h"
    assert chart.layout.xaxis.range == (0, 1)


def test_two_classes_of_one_name_have_a_bar_each():
    crane = [Prediction(label="crane", index=index, probability=0.5) for index in (134, 517)]
    (bars,) = figures.probability_bars(crane, {}).data
    assert len(set(bars.y)) == 2


def test_masks_are_drawn_in_different_colours_on_their_pixels_only():
    img = Image.new("RGB", (3, 2), (100, 100, 100))
    first, second = np.zeros((2, 2, 3), bool)
    first[0, 0], second[1, 2] = True, True
    pixels = np.asarray(figures.overlay_masks(img, {"object": first, "shadow": second}))
    for (row, column), colour in (((0, 0), PALETTE[0]), ((1, 2), PALETTE[1])):
        expected = 0.35 * 100 + 0.65 * np.array(ImageColor.getrgb(colour))
        np.testing.assert_allclose(pixels[row, column], expected, atol=0.51)
    assert (pixels[~(first | second)] == 100).all()


def test_squares_are_centred_on_the_picture_with_their_sides_on_hover():
    img = Image.fromarray(np.arange(60 * 100 * 3, dtype=np.uint8).reshape(60, 100, 3))
    chart = figures.nested_squares(img, {"layer1": 20.0, "layer2": 40.4})
    picture, small, large = chart.data
    np.testing.assert_array_equal(picture.z, np.asarray(img))
    assert (small.name, large.name) == ("layer1", "layer2")
    assert list(small.x) == [40, 60, 60, 40, 40]
    assert list(small.y) == [20, 20, 40, 40, 20]
    assert (min(large.x), max(large.x)) == pytest.approx((29.8, 70.2))
    assert (min(large.y), max(large.y)) == pytest.approx((9.8, 50.2))
    assert small.line.color != large.line.color
    assert large.hovertemplate.startswith("layer2: 40 pixels")
    assert chart.layout.yaxis.range == (60, 0)  # pictures have their first row on top


def test_resolution_and_channels_have_an_axis_each():
    chart = figures.resolution_and_channels(["stem", "layer1"], [112, 56], [64, 256])
    resolution, channels = chart.data
    assert list(resolution.x) == list(channels.x) == ["stem", "layer1"]
    assert list(resolution.y) == [112, 56]
    assert list(channels.y) == [64, 256]
    assert channels.yaxis == "y2" and resolution.yaxis is None
    assert chart.layout.yaxis2.overlaying == "y"
    assert chart.layout.yaxis.type == chart.layout.yaxis2.type == "log"
    assert resolution.line.color != channels.line.color


def test_stacked_counts_have_a_bar_per_row_and_a_colour_per_column():
    counts = pd.DataFrame({"edge": [3, 0], "texture": [1, 5]}, ["resnet", "regnet"])
    chart = figures.stacked_counts(counts)
    edge, texture = chart.data
    assert (edge.name, texture.name) == ("edge", "texture")
    assert list(edge.x) == list(texture.x) == ["resnet", "regnet"]
    assert list(edge.y) == [3, 0]
    assert list(texture.y) == [1, 5]
    assert edge.marker.color != texture.marker.color
    assert chart.layout.barmode == "stack"


def test_pixel_share_curves_cover_0_to_1_and_mark_a_share():
    lines = {"insertion": np.array([0.1, 0.5, 0.9]), "deletion": np.array([0.9, 0.2])}
    chart = figures.pixel_share_curves(lines, 0.25, "probability of cat")
    insertion, deletion = chart.data
    assert (insertion.name, deletion.name) == ("insertion", "deletion")
    assert list(insertion.x) == [0, 0.5, 1]
    assert list(insertion.y) == [0.1, 0.5, 0.9]
    assert list(deletion.x) == [0, 1]
    assert list(deletion.y) == [0.9, 0.2]
    (mark,) = chart.layout.shapes
    assert (mark.x0, mark.x1) == (0.25, 0.25)
    assert chart.layout.title.text == "probability of cat"


def test_more_lines_than_colours_are_told_apart_by_their_dashes():
    lines = {f"line {k}": np.array([0.0, 1.0]) for k in range(len(PALETTE) + 1)}
    traces = figures.pixel_share_curves(lines, 0.5, "").data
    assert len({(trace.line.color, trace.line.dash) for trace in traces}) == len(PALETTE) + 1


def test_randomisation_curves_start_at_the_original_map():
    lines = {
        "Gradient": (np.array([0.5, 1.0]), np.array([0.4, -0.1])),
        "Grad-CAM": (np.array([1.0]), np.array([0.0])),
    }
    chart = figures.randomisation_curves(lines)
    gradient, grad_cam = chart.data
    assert (gradient.name, grad_cam.name) == ("Gradient", "Grad-CAM")
    assert list(gradient.x) == [0, 0.5, 1]
    assert list(gradient.y) == [1, 0.4, -0.1]
    assert list(grad_cam.x) == [0, 1]
    assert list(grad_cam.y) == [1, 0]
    assert gradient.line.color != grad_cam.line.color
    (zero,) = chart.layout.shapes
    assert (zero.y0, zero.y1) == (0, 0)
    more = {f"method {k}": lines["Grad-CAM"] for k in range(len(PALETTE) + 1)}
    styles = {(t.line.color, t.line.dash) for t in figures.randomisation_curves(more).data}
    assert len(styles) == len(PALETTE) + 1


def test_horizontal_bars_keep_their_order_from_the_top():
    chart = figures.horizontal_bars(pd.Series([0.2, 3.0, 1.0], ["wolf", "dog", 7]), "mean")
    (bars,) = chart.data
    assert list(bars.x) == [0.2, 3.0, 1.0]
    assert list(bars.y) == ["wolf", "dog", "7"]
    assert bars.orientation == "h"
    assert chart.layout.yaxis.autorange == "reversed"
    assert chart.layout.yaxis.dtick == 1  # every bar is labelled
    assert chart.layout.xaxis.title.text == "mean"


@pytest.mark.parametrize(
    ("signed", "lowest", "colorscale"), [(False, 0, SEQUENTIAL), (True, -1, DIVERGING)]
)
def test_an_annotated_matrix_has_its_values_from_the_top(signed, lowest, colorscale):
    values = pd.DataFrame([[1.0, 0.25], [-0.5, 0.75]], ["a", "b"], ["c", "d"])
    chart = figures.annotated_matrix(values, signed=signed)
    (heat,) = chart.data
    np.testing.assert_array_equal(heat.z, values)
    assert list(heat.x) == ["c", "d"]
    assert list(heat.y) == ["a", "b"]
    assert (heat.zmin, heat.zmax) == (lowest, 1)
    assert heat.texttemplate == "%{z:.2f}"
    assert heat.hovertemplate.startswith("%{y}, %{x}: %{z:.2f}")
    assert chart.layout.yaxis.autorange == "reversed"
    # Plotly stores a named scale as its list of colours.
    reference = figures.annotated_matrix(values).update_traces(colorscale=colorscale)
    assert heat.colorscale == reference.data[0].colorscale


def test_intervals_are_seen_on_their_bars_in_both_themes():
    """They have the colour of their bar, which is paler: not a grey that black hides."""
    effects = {name: {"Background": Interval(0.5, 0.4, 0.7)} for name in ("first", "second")}
    for bar, colour in zip(figures.effect_bars(effects, "").data, PALETTE, strict=False):
        assert bar.error_x.color == bar.marker.color == colour
        assert bar.marker.opacity < 0.6
        assert (bar.x[0], bar.error_x.array[0]) == pytest.approx((0.5, 0.2))
