"""Convert arrays and tables to plotly figures."""

from core.figures.charts import (
    annotated_matrix,
    horizontal_bars,
    nested_squares,
    overlay_masks,
    pixel_share_curves,
    probability_bars,
    randomisation_curves,
    resolution_and_channels,
    shared_colours,
    stacked_counts,
)
from core.figures.comparisons import (
    accuracy_by_time,
    confusion_matrix,
    layer_similarity,
    mark_cell,
    reliability_diagram,
    share_bars,
)
from core.figures.dial_curves import dial_curves
from core.figures.effects import effect_bars
from core.figures.escaping import escape_plotly
from core.figures.maps import MAP_HEIGHT, label_categories, non_overlapping, point_map
from core.figures.point_styles import POINT_STYLES, frequent_categories, legend
from core.figures.seed_curves import seed_curves
from core.figures.severity import risk_coverage_curves, severity_curves
from core.figures.stages import purity_curves, staged_map
from core.figures.standalone import standalone_figure
from core.figures.table_picture import DOTS_PER_INCH, table_picture

__all__ = [
    "DOTS_PER_INCH",
    "MAP_HEIGHT",
    "POINT_STYLES",
    "accuracy_by_time",
    "annotated_matrix",
    "confusion_matrix",
    "dial_curves",
    "effect_bars",
    "escape_plotly",
    "frequent_categories",
    "horizontal_bars",
    "label_categories",
    "layer_similarity",
    "legend",
    "mark_cell",
    "nested_squares",
    "non_overlapping",
    "overlay_masks",
    "pixel_share_curves",
    "point_map",
    "probability_bars",
    "purity_curves",
    "randomisation_curves",
    "reliability_diagram",
    "resolution_and_channels",
    "risk_coverage_curves",
    "seed_curves",
    "severity_curves",
    "share_bars",
    "shared_colours",
    "stacked_counts",
    "staged_map",
    "standalone_figure",
    "table_picture",
]
