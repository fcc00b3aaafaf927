"""Corruptions: make a picture worse step by step, and see when a network's answer breaks."""

# Each of these modules registers its dials, in the order in which pages list them.
from core.corruptions import imagenet_c, geometry, attacks  # noqa: F401, I001
from core.corruptions.answers import DialAnswers, dial_answer_steps
from core.corruptions.dial import DIALS, SIDE, STEPS, Dial, UnknownDial, changed_pictures, find

__all__ = [
    "DIALS",
    "SIDE",
    "STEPS",
    "Dial",
    "DialAnswers",
    "UnknownDial",
    "changed_pictures",
    "dial_answer_steps",
    "find",
]
