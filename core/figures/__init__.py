"""Arrays → plotly figures."""

from core.figures.charts import (
    curves,
    marked,
    matrix,
    nested_squares,
    probability_bars,
    shape_through,
    shared_colours,
    stacked_counts,
)
from core.figures.comparisons import confusion, layer_likeness, reliability_diagram

__all__ = [
    "confusion",
    "curves",
    "layer_likeness",
    "marked",
    "matrix",
    "nested_squares",
    "probability_bars",
    "reliability_diagram",
    "shape_through",
    "shared_colours",
    "stacked_counts",
]
