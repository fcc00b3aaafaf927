"""Pictures of what units, directions and classes look for: activation maximisation.

A picture is objective × canvas × transforms × ascent, as lucid split it.
"""

from core.visualize.ascent import Rendering, translucent
from core.visualize.objectives import (
    Objective,
    between,
    caricature,
    channel,
    class_logit,
    direction,
    diverse,
    layer,
    neuron,
)
from core.visualize.quality import Quality, on_canvas, quality_for
from core.visualize.rendering import render, render_steps
from core.visualize.terms import LOGITS, NoSuchUnit
from core.visualize.transforms import Transforms

__all__ = [
    "LOGITS",
    "NoSuchUnit",
    "Objective",
    "Quality",
    "Rendering",
    "Transforms",
    "between",
    "caricature",
    "channel",
    "class_logit",
    "direction",
    "diverse",
    "layer",
    "neuron",
    "on_canvas",
    "quality_for",
    "render",
    "render_steps",
    "translucent",
]
