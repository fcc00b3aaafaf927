"""Where a network looked for a class: maps from gradients, activations and perturbation."""

# Each of these enters its methods, in the order in which pages show them.
from core.saliency import gradients, cam, perturbation, fused  # noqa: F401, I001
from core.saliency.evaluate import (
    Evaluation,
    energy,
    evaluate,
    evaluate_steps,
    pointed,
    rank_correlation,
    top_overlap,
)
from core.saliency.explaining import Explanation, NoSuchClass, explain, explain_steps
from core.saliency.gradients import BadOption
from core.saliency.registry import Method, UnknownMethod, method, methods
from core.saliency.sanity import Sanity, sanity_steps
from core.saliency.view import Maps, View, last_layer

__all__ = [
    "BadOption",
    "Evaluation",
    "Explanation",
    "Maps",
    "Method",
    "NoSuchClass",
    "Sanity",
    "UnknownMethod",
    "View",
    "energy",
    "evaluate",
    "evaluate_steps",
    "explain",
    "explain_steps",
    "last_layer",
    "method",
    "methods",
    "pointed",
    "rank_correlation",
    "sanity_steps",
    "top_overlap",
]
