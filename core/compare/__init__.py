"""Comparison of networks: layer similarity, agreement, accuracy, costs and architecture."""

from core.compare.abstention import RiskCoverage, risk_coverage
from core.compare.accuracy import (
    OTHER_CLASS,
    AccuracyReport,
    NotScored,
    best_share,
    measure_accuracy,
)
from core.compare.agreement import (
    Disagreement,
    TopPredictions,
    agreement_matrix,
    disagreements,
    top_class,
)
from core.compare.backbones import (
    Costs,
    backbone_table,
    machine_name,
    measure_costs,
    measure_costs_steps,
    median_seconds,
    peak_activation_bytes,
)
from core.compare.calibration import BINS, Reliability, chance_ece, reliability
from core.compare.cka import (
    BATCH_SIZE,
    DifferentPictures,
    Grams,
    TooFewPictures,
    cka,
    cka_matrix,
    grams,
    grams_steps,
    shuffled_batches,
)
from core.compare.correctness import (
    Correctness,
    judge,
    judge_prediction,
    normalise_label,
    unknown_labels,
)
from core.compare.facts import differing_rows, facts, facts_table
from core.compare.jackknife import standard_error
from core.compare.matched import Match, UnitPairs, best_match, correlations, pair_units
from core.compare.size import NetworkSize, multiply_adds, network_size
from core.compare.temperature import fit_temperature, negative_log_likelihood

__all__ = [
    "BATCH_SIZE",
    "BINS",
    "OTHER_CLASS",
    "AccuracyReport",
    "Correctness",
    "Costs",
    "DifferentPictures",
    "Disagreement",
    "Grams",
    "Match",
    "NetworkSize",
    "NotScored",
    "Reliability",
    "RiskCoverage",
    "TooFewPictures",
    "TopPredictions",
    "UnitPairs",
    "agreement_matrix",
    "backbone_table",
    "best_match",
    "best_share",
    "chance_ece",
    "cka",
    "cka_matrix",
    "correlations",
    "differing_rows",
    "disagreements",
    "facts",
    "facts_table",
    "fit_temperature",
    "grams",
    "grams_steps",
    "judge",
    "judge_prediction",
    "machine_name",
    "measure_accuracy",
    "measure_costs",
    "measure_costs_steps",
    "median_seconds",
    "multiply_adds",
    "negative_log_likelihood",
    "network_size",
    "normalise_label",
    "pair_units",
    "peak_activation_bytes",
    "reliability",
    "risk_coverage",
    "shuffled_batches",
    "standard_error",
    "top_class",
    "unknown_labels",
]
