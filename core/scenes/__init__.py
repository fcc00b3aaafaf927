"""Draw scenes with exact masks of every part of the object."""

from core.scenes.factors import BACKGROUNDS, PARTS, SURFACES, BadScene, Factors
from core.scenes.reference import from_reference, reference
from core.scenes.world import CLASSES, Batch, Scene, batch, draw, factors_of

__all__ = [
    "BACKGROUNDS",
    "CLASSES",
    "PARTS",
    "SURFACES",
    "BadScene",
    "Batch",
    "Factors",
    "Scene",
    "batch",
    "draw",
    "factors_of",
    "from_reference",
    "reference",
]
