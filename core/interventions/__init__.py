"""Interventions: change exactly one factor of a picture, and see what that does to the answer.

What a network uses is found by changing the picture, not by looking at maps: saliency maps were
shown to miss unknown biases and to accuse honest networks (Adebayo et al. 2022, "Post hoc
explanations may be ineffective for detecting unknown spurious correlation").
"""

from core.intervals import Interval
from core.interventions.answers import Answers, answer_steps
from core.interventions.area import BadArea, area_cells, area_text, strongest_cells
from core.interventions.effects import Effect, effects
from core.interventions.factors import FACTORS, Factor
from core.interventions.mending import (
    MendedLayer,
    NotMendable,
    mend_steps,
    mended_files,
    retest_steps,
)
from core.interventions.pairs import Pairs, UnknownClasses, scene_classes
from core.interventions.photo_answers import PhotoAnswers, photo_answer_steps
from core.interventions.photo_changes import (
    PHOTO_CHANGES,
    UNCHANGED,
    PhotoChange,
    changed_photographs,
)
from core.interventions.shortcuts import Shortcut, Suspicion, Verdict, judge_steps, tested_scenes

__all__ = [
    "FACTORS",
    "PHOTO_CHANGES",
    "UNCHANGED",
    "Answers",
    "BadArea",
    "Effect",
    "Factor",
    "Interval",
    "MendedLayer",
    "NotMendable",
    "Pairs",
    "PhotoAnswers",
    "PhotoChange",
    "Shortcut",
    "Suspicion",
    "UnknownClasses",
    "Verdict",
    "answer_steps",
    "area_cells",
    "area_text",
    "changed_photographs",
    "effects",
    "judge_steps",
    "mend_steps",
    "mended_files",
    "photo_answer_steps",
    "retest_steps",
    "scene_classes",
    "strongest_cells",
    "tested_scenes",
]
