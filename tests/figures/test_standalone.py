"""Charts in a file of their own keep the labels of their axes, and have a title."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core import figures
from core.figures.standalone import MARGINS

VALUES = pd.DataFrame([[1.0, 0.25], [0.5, 0.75]], ["a", "b"], ["a", "b"])
TABLE = pd.DataFrame({"ms a picture": [1.0], "accuracy": [0.5], "parameters": [3.0]}, index=["net"])
# Figures that pages offer as HTML and that have axes.
OFFERED = {
    "layer similarity": figures.layer_similarity(VALUES, "rows", "columns"),
    "confusion": figures.confusion_matrix(VALUES),
    "agreement": figures.annotated_matrix(VALUES),
    "backbones": figures.accuracy_by_time(TABLE),
    "map": figures.point_map(np.eye(2, dtype=np.float32)),
    "curves": figures.pixel_share_curves({"a": np.array([0.0, 1.0])}, 0.5, "own title"),
}


@pytest.mark.parametrize("chart", OFFERED.values(), ids=list(OFFERED))
def test_axes_have_room_for_their_labels(chart: go.Figure):
    before = chart.to_json()
    copy = figures.standalone_figure(chart, "title")
    assert chart.to_json() == before  # the page's own figure stays as it is
    assert all(copy.layout.margin[side] >= least for side, least in MARGINS.items())
    for axis in (copy.layout.xaxis, copy.layout.yaxis):
        assert axis.automargin
    for name in ("xaxis", "yaxis"):
        assert copy.layout[name].title == chart.layout[name].title


def test_a_chart_without_a_title_gets_one_and_others_keep_theirs():
    assert figures.standalone_figure(OFFERED["map"], "<b>map").layout.title.text == "&#60;b&#62;map"
    assert figures.standalone_figure(OFFERED["curves"], "map").layout.title.text == "own title"
