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

__all__ = [
    "curves",
    "marked",
    "matrix",
    "nested_squares",
    "probability_bars",
    "shape_through",
    "shared_colours",
    "stacked_counts",
]
