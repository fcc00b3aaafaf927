"""Maps of pictures and of neurons: what lies together, and how far to trust it."""

from core.embed.affinity import perplexity_for
from core.embed.align import Overlay, aligned, aligned_steps, overlay, through, through_steps
from core.embed.features import (
    FLATTENED,
    HOWS,
    PIXELS,
    POOLED,
    POSITION,
    BadFeatures,
    features,
    features_steps,
    rows_steps,
)
from core.embed.place import place
from core.embed.reduction import METRICS, Components, NoMap, pca
from core.embed.trust import (
    NEIGHBOURS,
    continuity,
    continuity_steps,
    kept_neighbours,
    purity,
    trustworthiness,
    trustworthiness_steps,
)
from core.embed.tsne import (
    AXES,
    CHANCE,
    EXAGGERATION,
    ITERATIONS,
    PERPLEXITY,
    tsne,
    tsne_steps,
)
from core.embed.units import Kind, Units, clustered, kinds, shared, unit_points

__all__ = [
    "AXES",
    "CHANCE",
    "EXAGGERATION",
    "FLATTENED",
    "HOWS",
    "ITERATIONS",
    "METRICS",
    "NEIGHBOURS",
    "PERPLEXITY",
    "PIXELS",
    "POOLED",
    "POSITION",
    "BadFeatures",
    "Components",
    "Kind",
    "NoMap",
    "Overlay",
    "Units",
    "aligned",
    "aligned_steps",
    "clustered",
    "continuity",
    "continuity_steps",
    "features",
    "features_steps",
    "kept_neighbours",
    "kinds",
    "overlay",
    "pca",
    "perplexity_for",
    "place",
    "purity",
    "rows_steps",
    "shared",
    "through",
    "through_steps",
    "trustworthiness",
    "trustworthiness_steps",
    "tsne",
    "tsne_steps",
    "unit_points",
]
