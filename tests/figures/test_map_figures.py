"""Map figures: every point is there once, under its number, and looks as its kind does."""

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import figures
from core.figures.looks import LOOKS, OTHERS, UNKNOWN
from core.figures.maps import FADED, MOST_SVG

RANDOM = np.random.default_rng(0)
MAP = RANDOM.normal(size=(60, 2)).astype(np.float32)


def placed(figure: go.Figure) -> dict[int, tuple[float, float]]:
    """Where each number stands."""
    return {
        int(number): (float(x), float(y))
        for trace in figure.data
        for number, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_every_point_stands_where_it_lies_whatever_the_colours():
    kinds = [f"kind {index % 7}" for index in range(60)]
    for colours in (None, kinds, np.arange(60.0)):
        figure = figures.point_map(MAP, colours)
        assert sum(len(trace.x) for trace in figure.data) == 60
        found = placed(figure)
        np.testing.assert_allclose([found[index] for index in range(60)], MAP)


def test_kinds_are_told_apart_up_to_thirty():
    kinds = [f"kind {index:02}" for index in range(30)] * 2
    figure = figures.point_map(MAP, kinds)
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == len(figure.data) == len(LOOKS) == 30
    for trace in figure.data:
        assert {kinds[number] for number in trace.customdata} == {trace.name}


def test_rare_kinds_beyond_thirty_and_unknown_ones_are_grey():
    kinds = [f"kind {index}" for index in range(29)] * 2 + ["rare", ""]
    kinds[:29] = [f"kind {index}" for index in range(29)]
    names = [trace.name for trace in figures.point_map(MAP, [*kinds[:-2], "a", "b"]).data]
    assert OTHERS in names
    names = [trace.name for trace in figures.point_map(MAP, kinds).data]
    assert OTHERS not in names
    assert names[-1] == UNKNOWN


def test_values_are_on_an_even_scale():
    (trace,) = figures.point_map(MAP, np.arange(60.0), title="probability").data
    assert trace.marker.color.tolist() == list(range(60))
    assert trace.marker.colorscale[0][1] == "#440154"  # viridis
    assert trace.marker.colorbar.title.text == "probability"


def test_what_is_chosen_stands_out_in_every_trace():
    kinds = ["a"] * 30 + ["b"] * 30
    first, second = figures.point_map(MAP, kinds, chosen={3, 41, 42}).data
    assert [first.customdata[at] for at in first.selectedpoints] == [3]
    assert [second.customdata[at] for at in second.selectedpoints] == [41, 42]
    assert first.unselected.marker.opacity == FADED
    first, second = figures.point_map(MAP, kinds, chosen={3}).data
    assert len(second.selectedpoints) == 0  # all of it fades
    assert all(one.selectedpoints is None for one in figures.point_map(MAP, kinds).data)


def test_few_points_need_no_webgl():
    many = RANDOM.normal(size=(MOST_SVG + 1, 2)).astype(np.float32)
    assert figures.point_map(many[1:]).data[0].type == "scatter"
    assert figures.point_map(many).data[0].type == "scattergl"


def test_pictures_stand_in_for_dots():
    pictures = {5: Image.new("RGB", (90, 60), "red"), 40: Image.new("L", (20, 20))}
    figure = figures.point_map(MAP, pictures=pictures, chosen=[5])
    assert [(one.x, one.y) for one in figure.layout.images] == [tuple(MAP[5]), tuple(MAP[40])]
    assert [one.opacity for one in figure.layout.images] == [1, FADED]
    assert all(one.source.startswith("data:image/jpeg") for one in figure.layout.images)
    (trace,) = figure.data
    assert [index for index in range(60) if trace.marker.symbol[index] == "square-open"] == [5, 40]
    assert pictures[5].size == (90, 60)


def test_new_points_have_the_numbers_after():
    figure = figures.point_map(MAP, added=np.array([[7.0, 8.0]]))
    assert placed(figure)[60] == (7, 8)
    assert figure.data[-1].marker.symbol == "star"


def test_points_that_are_spread_out_hardly_cover_each_other():
    many = RANDOM.normal(size=(3000, 2)).astype(np.float32)
    rows = figures.spread_out(many)
    assert 100 < len(rows) <= 17 * 17
    cells = {
        tuple(cell)
        for cell in ((many[rows] - many.min(axis=0)) // (np.ptp(many, axis=0).max() / 17)).clip(
            0, 16
        )
    }
    assert len(cells) == len(rows)
    # Of two in one place, the one nearer to its middle.
    pair = np.array([[0, 0], [17, 17], [5.01, 5.01], [5.4, 5.6]], np.float32)
    assert figures.spread_out(pair).tolist() == [0, 1, 3]
    assert figures.spread_out(np.zeros((4, 2), np.float32)).tolist() == [0]
    assert figures.spread_out(MAP[:1]).tolist() == [0]


def test_stages_move_the_same_points():
    kinds = ["a", "b", "c"] * 20
    stages = {"first": MAP, "last": 3 * MAP[:, ::-1]}
    figure = figures.staged_map(stages, kinds)
    assert [frame.name for frame in figure.frames] == ["first", "last"]
    for frame, one in zip(figure.frames, stages.values(), strict=True):
        found = placed(go.Figure(frame.data))
        np.testing.assert_allclose([found[index] for index in range(60)], one)
    low, high = figure.layout.xaxis.range
    assert low < min(one[:, 0].min() for one in stages.values())
    assert high > max(one[:, 0].max() for one in stages.values())
    assert [step.label for step in figure.layout.sliders[0].steps] == ["first", "last"]


def test_purity_is_a_line_for_each_network():
    lines = {"one": {"stem": (0.1, 0.3), "head": (1.0, 0.9)}, "two": {"stem": (0.2, 0.2)}}
    figure = figures.purity_curves(lines)
    assert [trace.name for trace in figure.data] == ["one", "two"]
    assert list(figure.data[0].x) == [0.1, 1.0]
    assert list(figure.data[0].y) == [0.3, 0.9]
    assert list(figure.data[0].text) == ["stem", "head"]
    assert figure.data[0].line.color != figure.data[1].line.color


@pytest.mark.parametrize("count", [1, 2])
def test_a_map_of_one_or_two_points_is_drawn(count):
    figure = figures.point_map(MAP[:count], pictures={0: Image.new("RGB", (9, 9))})
    assert len(placed(figure)) == count
    assert figure.layout.images[0].sizex > 0


def test_kinds_look_the_same_on_every_map_and_in_the_legend():
    kinds = ["a", "b", "c"]
    maps = [["b"] * 60, ["c"] * 30 + [""] * 29 + ["d"]]
    legend = figures.legend(kinds, maps)
    looks = {trace.name: (trace.marker.color, trace.marker.symbol) for trace in legend.data}
    assert list(looks) == ["b", "c", OTHERS, UNKNOWN]
    for colours in maps:
        for trace in figures.point_map(MAP, colours, kinds=kinds).data:
            assert looks[trace.name] == (trace.marker.color, trace.marker.symbol)
    assert figures.point_map(MAP, maps[0]).data[0].marker.color != looks["b"][0]
    assert figures.most_frequent(["z", "", "y", "z"]) == ["y", "z"]
