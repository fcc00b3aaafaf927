"""How networks resemble each other: inside, in what they say, and in what they cost."""

from core.compare.agreement import (
    OTHER,
    Disagreement,
    Marks,
    NotScored,
    Verdicts,
    agreement,
    disagreements,
    marks,
    top,
)
from core.compare.backbones import (
    Costs,
    costs,
    costs_steps,
    machine,
    multiply_adds,
    peak,
    table,
)
from core.compare.calibration import BINS, Reliability, reliability
from core.compare.cka import (
    BATCH,
    Grams,
    OtherPictures,
    TooFewPictures,
    between,
    cka,
    grams,
    grams_steps,
    shuffled,
)
from core.compare.matched import Match, correlations, matched

__all__ = [
    "BATCH",
    "BINS",
    "OTHER",
    "Costs",
    "Disagreement",
    "Grams",
    "Marks",
    "Match",
    "NotScored",
    "OtherPictures",
    "Reliability",
    "TooFewPictures",
    "Verdicts",
    "agreement",
    "between",
    "cka",
    "correlations",
    "costs",
    "costs_steps",
    "disagreements",
    "grams",
    "grams_steps",
    "machine",
    "marks",
    "matched",
    "multiply_adds",
    "peak",
    "reliability",
    "shuffled",
    "table",
    "top",
]
