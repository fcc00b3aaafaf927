"""Maps of points: every point is there once, with its index, in the style of its category."""

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import figures
from core.figures.charts import GREY
from core.figures.maps import FADED_OPACITY, MAX_SVG_POINTS
from core.figures.point_styles import OTHERS, POINT_STYLES, UNKNOWN

RANDOM = np.random.default_rng(0)
MAP = RANDOM.normal(size=(60, 2)).astype(np.float32)


def positions_by_index(figure: go.Figure) -> dict[int, tuple[float, float]]:
    """Return the position of each point by its custom data."""
    return {
        int(index): (float(x), float(y))
        for trace in figure.data
        for index, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_every_point_is_at_its_position_with_any_colours():
    categories = [f"category {index % 7}" for index in range(60)]
    for colours in (None, categories, np.arange(60.0)):
        figure = figures.point_map(MAP, colours)
        assert sum(len(trace.x) for trace in figure.data) == 60
        positions = positions_by_index(figure)
        np.testing.assert_allclose([positions[index] for index in range(60)], MAP)


def test_thirty_categories_have_different_styles():
    categories = [f"category {index:02}" for index in range(30)] * 2
    figure = figures.point_map(MAP, categories)
    styles = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(styles) == len(figure.data) == len(POINT_STYLES) == 30
    for trace in figure.data:
        assert {categories[index] for index in trace.customdata} == {trace.name}


def test_categories_beyond_thirty_are_others_and_empty_ones_unknown():
    categories = [f"category {index}" for index in range(29)] * 2 + ["rare", ""]
    categories[:29] = [f"category {index}" for index in range(29)]
    names = [trace.name for trace in figures.point_map(MAP, [*categories[:-2], "a", "b"]).data]
    assert OTHERS in names
    names = [trace.name for trace in figures.point_map(MAP, categories).data]
    assert OTHERS not in names
    assert names[-1] == UNKNOWN
    with_rare = figures.point_map(MAP, [*["a"] * 58, "rare", ""], categories=["a"])
    points = {trace.name: list(trace.customdata) for trace in with_rare.data}
    assert points == {"a": list(range(58)), OTHERS: [58], UNKNOWN: [59]}
    assert {trace.marker.color for trace in with_rare.data[1:]} == {GREY}


def test_points_show_their_names_on_hover_or_else_their_indices():
    categories = ["b", "a"] * 30
    names = [f"picture {index}" for index in range(60)]
    for trace in figures.point_map(MAP, categories, names).data:
        assert list(trace.text) == [names[index] for index in trace.customdata]
        assert trace.hovertemplate == "%{text}<extra></extra>"
    (trace,) = figures.point_map(MAP).data
    assert list(trace.text) == [str(index) for index in range(60)]


def test_a_category_map_has_a_titled_legend_and_equal_scales():
    figure = figures.point_map(MAP, ["a", "b"] * 30, title="class")
    assert figure.layout.legend.title.text == "class"
    assert all(trace.showlegend for trace in figure.data)
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis.scaleratio) == ("x", 1)
    assert figure.layout.height == figures.MAP_HEIGHT
    assert not figures.point_map(MAP).data[0].showlegend


def test_frequent_categories_are_the_most_frequent_thirty_in_alphabetical_order():
    names = [f"category {index:02}" for index in range(31)]
    rare = names[7]
    categories = [name for name in names for _ in range(1 if name == rare else 2)]
    assert figures.frequent_categories(categories[::-1]) == [name for name in names if name != rare]


def test_values_have_a_viridis_colour_bar():
    (trace,) = figures.point_map(MAP, np.arange(60.0), title="probability").data
    assert trace.marker.color.tolist() == list(range(60))
    assert trace.marker.colorscale[0][1] == "#440154"  # viridis
    assert trace.marker.colorbar.title.text == "probability"


def test_selected_points_stand_out_in_every_trace():
    categories = ["a"] * 30 + ["b"] * 30
    first, second = figures.point_map(MAP, categories, selected={3, 41, 42}).data
    assert [first.customdata[place] for place in first.selectedpoints] == [3]
    assert [second.customdata[place] for place in second.selectedpoints] == [41, 42]
    assert first.unselected.marker.opacity == FADED_OPACITY
    first, second = figures.point_map(MAP, categories, selected={3}).data
    assert len(second.selectedpoints) == 0  # all its points fade
    assert all(trace.selectedpoints is None for trace in figures.point_map(MAP, categories).data)


def test_only_large_maps_use_webgl():
    many = RANDOM.normal(size=(MAX_SVG_POINTS + 1, 2)).astype(np.float32)
    assert figures.point_map(many[1:]).data[0].type == "scatter"
    assert figures.point_map(many).data[0].type == "scattergl"


def test_pictures_replace_points():
    pictures = {5: Image.new("RGB", (90, 60), "red"), 40: Image.new("L", (20, 20))}
    figure = figures.point_map(MAP, pictures=pictures, selected=[5])
    assert [(image.x, image.y) for image in figure.layout.images] == [tuple(MAP[5]), tuple(MAP[40])]
    assert [image.opacity for image in figure.layout.images] == [1, FADED_OPACITY]
    assert all(image.source.startswith("data:image/jpeg") for image in figure.layout.images)
    (trace,) = figure.data
    assert [index for index in range(60) if trace.marker.symbol[index] == "square-open"] == [5, 40]
    assert pictures[5].size == (90, 60)  # the caller's picture is not resized


def test_new_points_are_stars_with_the_next_indices():
    figure = figures.point_map(MAP, new_positions=np.array([[7.0, 8.0]]))
    assert positions_by_index(figure)[60] == (7, 8)
    assert figure.data[-1].marker.symbol == "star"


def test_non_overlapping_points_have_a_grid_cell_each():
    many = RANDOM.normal(size=(3000, 2)).astype(np.float32)
    indices = figures.non_overlapping(many)
    assert 100 < len(indices) <= 17 * 17
    cells = {
        tuple(cell)
        for cell in ((many[indices] - many.min(axis=0)) // (np.ptp(many, axis=0).max() / 17)).clip(
            0, 16
        )
    }
    assert len(cells) == len(indices)
    # Of two points in a cell, the point nearer to its centre is chosen.
    pair = np.array([[0, 0], [17, 17], [5.01, 5.01], [5.4, 5.6]], np.float32)
    assert figures.non_overlapping(pair).tolist() == [0, 1, 3]
    assert figures.non_overlapping(np.zeros((4, 2), np.float32)).tolist() == [0]
    assert figures.non_overlapping(MAP[:1]).tolist() == [0]


def test_each_stage_has_a_frame_with_the_same_points():
    categories = ["a", "b", "c"] * 20
    stages = {"first": MAP, "last": 3 * MAP[:, ::-1]}
    figure = figures.staged_map(stages, categories)
    assert [frame.name for frame in figure.frames] == ["first", "last"]
    for frame, expected in zip(figure.frames, stages.values(), strict=True):
        positions = positions_by_index(go.Figure(frame.data))
        np.testing.assert_allclose([positions[index] for index in range(60)], expected)
    assert [step.args[0] for step in figure.layout.sliders[0].steps] == [("first",), ("last",)]
    shown = positions_by_index(go.Figure(figure.data))
    np.testing.assert_allclose([shown[index] for index in range(60)], stages["last"])
    assert figure.layout.sliders[0].active == 1  # the last stage
    (play,) = figure.layout.updatemenus[0].buttons
    assert (play.method, play.args[0]) == ("animate", None)  # all stages in turn
    low, high = figure.layout.xaxis.range
    assert low < min(xy[:, 0].min() for xy in stages.values())
    assert high > max(xy[:, 0].max() for xy in stages.values())
    assert [step.label for step in figure.layout.sliders[0].steps] == ["first", "last"]


def test_names_of_categories_stand_above_most_of_their_points():
    positions = np.array([[0, 0], [1, 0], [0.4, 0.1], [0.4, 50], [9, 9], [10, 9]], np.float32)
    colours = ["a", "a", "a", "a", "Astronaut Eileen Collins", "rare"]
    figure = figures.point_map(positions, colours, categories=colours[3:5])
    figures.label_categories(figure, positions, colours, colours[3:5])
    assert {note.yanchor for note in figure.layout.annotations} == {"bottom"}
    labels = {note.text: (note.x, note.y) for note in figure.layout.annotations}
    assert labels == {"a": pytest.approx((0.4, 0.1)), "Astronaut Eileen<br>Collins": (9, 9)}
    figures.label_categories(figure, positions, np.arange(6.0), [])
    assert len(figure.layout.annotations) == 2


def test_a_name_that_does_not_fit_in_two_lines_is_cut():
    name = "the longest name of any of these < classes > and more"
    figure = figures.point_map(np.zeros((1, 2), np.float32), [name], categories=[name])
    figures.label_categories(figure, np.zeros((1, 2), np.float32), [name], [name])
    assert figure.layout.annotations[0].text == "the longest name of<br>any of these &#60;…"


def test_a_legend_of_long_names_has_room_for_more_rows():
    heights = []
    for name in ("{}", "a much longer name {}"):
        categories = [name.format(index) for index in range(12)]
        heights.append(figures.legend(categories, [categories]).layout.height)
    assert heights[1] > heights[0]


def test_only_some_categories_are_coloured():
    assert figures.frequent_categories(["a", "b", "b", "c", "c"], most=2) == ["b", "c"]


def test_purity_curves_have_a_line_per_network_and_a_point_per_layer():
    lines = {"first": {"stem": (0.1, 0.3), "head": (1.0, 0.9)}, "second": {"stem": (0.2, 0.2)}}
    figure = figures.purity_curves(lines)
    assert [trace.name for trace in figure.data] == ["first", "second"]
    assert list(figure.data[0].x) == [0.1, 1.0]
    assert list(figure.data[0].y) == [0.3, 0.9]
    assert list(figure.data[0].text) == ["stem", "head"]
    assert figure.data[0].line.color != figure.data[1].line.color
    assert figure.data[0].hovertemplate.startswith("%{text}: %{y")


@pytest.mark.parametrize("count", [1, 2])
def test_a_map_of_one_or_two_points_can_be_drawn(count):
    figure = figures.point_map(MAP[:count], pictures={0: Image.new("RGB", (9, 9))})
    assert len(positions_by_index(figure)) == count
    assert figure.layout.images[0].sizex > 0


def test_categories_have_the_same_style_on_every_map_and_in_the_legend():
    categories = ["a", "b", "c"]
    maps = [["b"] * 60, ["c"] * 30 + [""] * 29 + ["d"]]
    legend = figures.legend(categories, maps)
    styles = {trace.name: (trace.marker.color, trace.marker.symbol) for trace in legend.data}
    assert list(styles) == ["b", "c", OTHERS, UNKNOWN]
    for colours in maps:
        for trace in figures.point_map(MAP, colours, categories=categories).data:
            assert styles[trace.name] == (trace.marker.color, trace.marker.symbol)
    assert figures.point_map(MAP, maps[0]).data[0].marker.color != styles["b"][0]
    assert figures.frequent_categories(["z", "", "y", "z"]) == ["y", "z"]
