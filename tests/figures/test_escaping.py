"""Texts from files reach every figure escaped: no link, no format, no variable of a template."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import figures
from core.compare import RiskCoverage, reliability
from core.figures import escape_plotly
from core.interventions import Interval
from core.predict import Prediction

# Everything that Plotly gives a meaning to.
BAD = '<a href="nasty">y</a> <b>nasty</b> &lt;nasty %{nasty} $nasty$'
RAW = ['href="nasty">', "<b>nasty", "&lt;nasty", "%{nasty", "$nasty"]
BAD_TEXTS = [BAD, f"{BAD} 2", f"{BAD} 3"]
CURVE = np.array([0.1, 0.9])
TABLE = pd.DataFrame(np.eye(3), BAD_TEXTS, BAD_TEXTS)
POSITIONS = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
PICTURE = Image.new("RGB", (8, 8))
COSTS = pd.DataFrame(
    {"ms a picture": [1.0, 2.0, 3.0], "accuracy": [0.1, 0.2, 0.3], "parameters": [1, 2, 3]},
    BAD_TEXTS,
)
RANKING = [Prediction(label=text, index=index, probability=0.3)
           for index, text in enumerate(BAD_TEXTS)]  # fmt: skip

# A call of every function that returns a figure, with bad texts wherever it takes texts.
CALLS: dict[str, list[Callable[[], go.Figure]]] = {
    "accuracy_by_time": [lambda: figures.accuracy_by_time(COSTS)],
    "annotated_matrix": [lambda: figures.annotated_matrix(TABLE)],
    "confusion_matrix": [lambda: figures.confusion_matrix(TABLE)],
    "dial_curves": [lambda: figures.dial_curves({BAD: CURVE}, [BAD] * len(CURVE), 1, BAD)],
    "effect_bars": [lambda: figures.effect_bars({BAD: {BAD: Interval(0.5, 0.4, 0.6)}}, BAD)],
    "horizontal_bars": [lambda: figures.horizontal_bars(TABLE[BAD], BAD)],
    "layer_similarity": [
        lambda: figures.layer_similarity(TABLE, BAD, BAD),
        lambda: figures.layer_similarity(TABLE, BAD, BAD, TABLE),
    ],
    "legend": [lambda: figures.legend(BAD_TEXTS, [BAD_TEXTS, [BAD, "", "unlisted"]])],
    "nested_squares": [lambda: figures.nested_squares(PICTURE, {BAD: 2.0})],
    "pixel_share_curves": [lambda: figures.pixel_share_curves({BAD: CURVE}, 0.5, BAD)],
    "point_map": [
        lambda: figures.point_map(POSITIONS, BAD_TEXTS, BAD_TEXTS, title=BAD),
        lambda: figures.point_map(POSITIONS, BAD_TEXTS, categories=BAD_TEXTS[:1], title=BAD),
        lambda: figures.point_map(
            POSITIONS, np.arange(3.0), BAD_TEXTS, [1], {0: PICTURE}, POSITIONS, BAD
        ),
    ],
    "probability_bars": [lambda: figures.probability_bars(RANKING, {BAD: "#123456"})],
    "purity_curves": [lambda: figures.purity_curves({BAD: {BAD: (0.5, 0.5)}})],
    "randomisation_curves": [lambda: figures.randomisation_curves({BAD: (CURVE, CURVE)})],
    "reliability_diagram": [
        lambda: figures.reliability_diagram(reliability(CURVE, np.array([True, False])))
    ],
    "resolution_and_channels": [
        lambda: figures.resolution_and_channels(BAD_TEXTS, [3, 2, 1], [1, 2, 3])
    ],
    "risk_coverage_curves": [
        lambda: figures.risk_coverage_curves(
            {BAD: RiskCoverage(CURVE, CURVE, CURVE)}, {BAD: (0.5, 0.5)}
        )
    ],
    "seed_curves": [lambda: figures.seed_curves({BAD: {BAD: [0.5, 0.6]}}, [BAD], BAD, BAD)],
    "severity_curves": [
        lambda: figures.severity_curves(
            {BAD: [Interval(0.5, 0.4, 0.6)] * 2}, [BAD] * 2, 1, BAD, BAD
        )
    ],
    "share_bars": [lambda: figures.share_bars({BAD: 0.5}, BAD)],
    "stacked_counts": [lambda: figures.stacked_counts(TABLE)],
    "standalone_figure": [
        lambda: figures.standalone_figure(figures.horizontal_bars(TABLE[BAD], BAD), BAD)
    ],
    "staged_map": [
        lambda: figures.staged_map({BAD: POSITIONS, BAD_TEXTS[1]: POSITIONS}, BAD_TEXTS, BAD_TEXTS,
                                   BAD)
    ],
}  # fmt: skip
WITHOUT_TEXTS = {"reliability_diagram"}


def test_every_function_that_returns_a_figure_is_called_here():
    returning = {
        name
        for name in figures.__all__
        if callable(getattr(figures, name))
        and inspect.signature(getattr(figures, name)).return_annotation is go.Figure
    }
    assert returning == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_no_text_reaches_a_figure_unescaped(name):
    for call in CALLS[name]:
        shown = list(_texts(json.loads(call().to_json())))
        unescaped = [text for text in shown if any(piece in text for piece in RAW)]
        assert not unescaped
        # The texts are there, so the check above is about something.
        assert any(escape_plotly(BAD) in text for text in shown) or name in WITHOUT_TEXTS


@pytest.mark.parametrize("name", CALLS)
def test_no_text_is_escaped_twice(name):
    for call in CALLS[name]:
        assert not [text for text in _texts(json.loads(call().to_json())) if "&#38;#" in text]


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts of a figure's JSON, keys too."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    elif isinstance(value, str):
        yield value


def test_plain_texts_stay_as_they_are():
    for text in ("sports car", "layer1.0.conv2", "Größe 名 🦉", "a_b-c (2)", "it's"):
        assert escape_plotly(text) == text


def test_different_texts_stay_different():
    texts = ["<", "&lt;", "&#60;", "&#38;#60;", "%", "&#37;", "$", "&", "&amp;"]
    assert len({escape_plotly(text) for text in texts}) == len(texts)


def test_a_point_map_finds_colours_and_counts_by_the_unescaped_categories():
    figure = figures.point_map(POSITIONS, ["<b>", "<b>", "a"])
    assert [(trace.name, len(trace.x)) for trace in figure.data] == [("&#60;b&#62;", 2), ("a", 1)]
    bars = figures.probability_bars(RANKING, {BAD: "#123456"}).data[0]
    assert bars.marker.color[0] == "#123456"


def test_the_slider_of_a_staged_map_names_its_frames():
    figure = figures.staged_map({"<b>": POSITIONS, "stem": POSITIONS})
    names = [frame.name for frame in figure.frames]
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == names
