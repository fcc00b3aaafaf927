"""Where a network looked for a class: maps from gradients, activations and perturbation."""

# Each of these enters its methods, in the order in which pages show them.
from core.saliency import gradients, cam, perturbation, fused  # noqa: F401, I001
from core.saliency.evaluate import (
    Evaluation,
    at_share,
    energy,
    evaluate,
    evaluate_steps,
    pointed,
    rank_correlation,
    top_overlap,
)
from core.saliency.explaining import Explanation, NoSuchClass, explain, explain_steps
from core.saliency.registry import BadOption, Method, UnknownMethod, find, method, methods
from core.saliency.sanity import Sanity, sanity_steps
from core.saliency.sensitivity import sensitivity_steps
from core.saliency.truth import Truth, on_grid, truth_steps
from core.saliency.view import Maps, View, last_layer

__all__ = [
    "BadOption",
    "Evaluation",
    "Explanation",
    "Maps",
    "Method",
    "NoSuchClass",
    "Sanity",
    "Truth",
    "UnknownMethod",
    "View",
    "at_share",
    "energy",
    "evaluate",
    "evaluate_steps",
    "explain",
    "explain_steps",
    "find",
    "last_layer",
    "method",
    "methods",
    "on_grid",
    "pointed",
    "rank_correlation",
    "sanity_steps",
    "sensitivity_steps",
    "top_overlap",
    "truth_steps",
]
