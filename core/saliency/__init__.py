"""Where a network looked for a class: maps from gradients, activations and perturbation."""

# Each of these enters its methods, in the order in which pages show them.
from core.saliency import gradients, cam, perturbation, fused  # noqa: F401, I001
from core.saliency.explaining import Explanation, NoSuchClass, explain, explain_steps
from core.saliency.gradients import BadOption
from core.saliency.registry import Method, UnknownMethod, method, methods
from core.saliency.view import Maps, View, last_layer

__all__ = [
    "BadOption",
    "Explanation",
    "Maps",
    "Method",
    "NoSuchClass",
    "UnknownMethod",
    "View",
    "explain",
    "explain_steps",
    "last_layer",
    "method",
    "methods",
]
