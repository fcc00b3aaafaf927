"""Corruptions: make a picture worse step by step, and see when a network's answer breaks."""

# Each of these modules registers its dials, in the order in which pages list them.
from core.corruptions import imagenet_c, geometry, attacks  # noqa: F401, I001
from core.corruptions.answers import DialAnswers, dial_answer_steps
from core.corruptions.dial import (
    DIALS,
    SIDE,
    STEPS,
    Dial,
    UnknownDial,
    changed_picture,
    changed_pictures,
    find,
)
from core.corruptions.looked_at import LookedAt, looked_at_steps
from core.corruptions.remedies import (
    FEWEST,
    AbstentionTest,
    Calibrated,
    TemperatureTest,
    abstention_test,
    accuracy_gain,
    first_half,
    temperature_test,
)
from core.corruptions.set_answers import (
    JudgedAnswers,
    accepted_classes,
    first_answers,
    set_answer_steps,
)
from core.corruptions.severity import (
    Severity,
    by_step,
    ece_interval,
    held_by_one,
    kept_accuracy,
    kept_difference,
)
from core.corruptions.ten_crops import CROPS, ten_crop_steps, ten_crops

__all__ = [
    "CROPS",
    "DIALS",
    "FEWEST",
    "SIDE",
    "STEPS",
    "AbstentionTest",
    "Calibrated",
    "Dial",
    "DialAnswers",
    "JudgedAnswers",
    "LookedAt",
    "Severity",
    "TemperatureTest",
    "UnknownDial",
    "abstention_test",
    "accepted_classes",
    "accuracy_gain",
    "by_step",
    "changed_picture",
    "changed_pictures",
    "dial_answer_steps",
    "ece_interval",
    "find",
    "first_answers",
    "first_half",
    "held_by_one",
    "kept_accuracy",
    "kept_difference",
    "looked_at_steps",
    "set_answer_steps",
    "temperature_test",
    "ten_crop_steps",
    "ten_crops",
]
