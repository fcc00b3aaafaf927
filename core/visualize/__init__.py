"""Feature visualisation: pictures that maximise the response of a unit, direction, layer or class.

A rendering combines an objective, a canvas, random transforms and gradient ascent (the split of
lucid).
"""

from core.visualize.accepted_size import BadSize, accepted_size
from core.visualize.ascent import Rendering, translucent
from core.visualize.objectives import (
    Objective,
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
from core.visualize.terms import NoSuchUnit
from core.visualize.transforms import Transforms

__all__ = [
    "BadSize",
    "NoSuchUnit",
    "Objective",
    "Quality",
    "Rendering",
    "Transforms",
    "accepted_size",
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
