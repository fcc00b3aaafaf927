"""Arrays → plotly figures."""

from core.figures.charts import (
    bars,
    cascade,
    curves,
    marked,
    matrix,
    nested_squares,
    probability_bars,
    shape_through,
    shared_colours,
    stacked_counts,
)
from core.figures.comparisons import (
    accuracy_by_time,
    confusion,
    layer_likeness,
    mark_cell,
    reliability_diagram,
)
from core.figures.maps import point_map, purity_curves, spread_out, staged_map

__all__ = [
    "accuracy_by_time",
    "bars",
    "cascade",
    "confusion",
    "curves",
    "layer_likeness",
    "mark_cell",
    "marked",
    "matrix",
    "nested_squares",
    "point_map",
    "probability_bars",
    "purity_curves",
    "reliability_diagram",
    "shape_through",
    "shared_colours",
    "spread_out",
    "stacked_counts",
    "staged_map",
]
