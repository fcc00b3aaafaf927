"""Saliency maps: which pixels a network's score for a class depends on."""

# Each of these modules registers its methods, in the order in which pages list them.
from core.saliency import gradients, cam, perturbation, stage_cam  # noqa: F401, I001
from core.saliency.area_test import AreaTest, area_test, area_tests_steps
from core.saliency.evaluate import (
    Evaluation,
    changed_pictures,
    energy_in_mask,
    evaluate,
    evaluate_steps,
    peak_in_mask,
    rank_agreement,
    rank_correlation,
    top_overlap,
)
from core.saliency.explanation import Explanation, NoSuchClass, explain, explain_steps
from core.saliency.precision_check import (
    agreed_precision,
    bfloat16_agreement,
    bfloat16_agreement_steps,
)
from core.saliency.registry import BadOption, Method, UnknownMethod, find, method, methods
from core.saliency.sanity import Sanity, sanity_steps
from core.saliency.sensitivity import sensitivity_steps
from core.saliency.truth import GroundTruthScores, ground_truth_steps, mask_on_grid
from core.saliency.verdict import Evidence, Trust, Verdict, judge_maps
from core.saliency.view import Maps, View, last_layer

__all__ = [
    "AreaTest",
    "BadOption",
    "Evaluation",
    "Evidence",
    "Explanation",
    "GroundTruthScores",
    "Maps",
    "Method",
    "NoSuchClass",
    "Sanity",
    "Trust",
    "UnknownMethod",
    "Verdict",
    "View",
    "agreed_precision",
    "area_test",
    "area_tests_steps",
    "bfloat16_agreement",
    "bfloat16_agreement_steps",
    "changed_pictures",
    "energy_in_mask",
    "evaluate",
    "evaluate_steps",
    "explain",
    "explain_steps",
    "find",
    "ground_truth_steps",
    "judge_maps",
    "last_layer",
    "mask_on_grid",
    "method",
    "methods",
    "peak_in_mask",
    "rank_agreement",
    "rank_correlation",
    "sanity_steps",
    "sensitivity_steps",
    "top_overlap",
]
