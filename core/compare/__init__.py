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
from core.compare.facts import differing, facts, facts_table
from core.compare.jackknife import standard_error
from core.compare.matched import Match, Pairs, correlations, matched, pairs

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
    "Pairs",
    "Reliability",
    "TooFewPictures",
    "Verdicts",
    "agreement",
    "between",
    "cka",
    "correlations",
    "costs",
    "costs_steps",
    "differing",
    "disagreements",
    "facts",
    "facts_table",
    "grams",
    "grams_steps",
    "machine",
    "marks",
    "matched",
    "multiply_adds",
    "pairs",
    "peak",
    "reliability",
    "shuffled",
    "standard_error",
    "table",
    "top",
]
