"""Pictures as points: features, and maps of them."""

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

__all__ = [
    "FLATTENED",
    "HOWS",
    "PIXELS",
    "POOLED",
    "POSITION",
    "BadFeatures",
    "features",
    "features_steps",
    "rows_steps",
]
