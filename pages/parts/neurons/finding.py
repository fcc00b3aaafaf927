"""What a unit looks for, in words, and how sure that is."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import dissect, predict
from core.dissect import Responses
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from pages.parts.neurons import photographs
from pages.parts.neurons.unit import Needs, Unit
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

# Intersection over union from which a unit counts as a detector of a part.
MIN_IOU = 0.1
# Concepts whose own names do not say what they are.
WORDS = {"object": "the whole object", "occluder": "things in front of the object"}


def needs(unit: Unit) -> Needs:
    """Return the recipes behind the finding; none where nothing true could be said."""
    if unit.is_class:
        return [logits_recipe(unit.card, unit.picture.id)] if unit.picture else []
    if not unit.card.knows_scenes_only:
        return [photographs.recipe(unit)]
    return [part_scores_recipe(unit.card, unit.layer.name)] if unit.layer.is_spatial else []


def show(unit: Unit, results: Results) -> None:
    """Show the finding, or that it is on its way."""
    if not results.done(needs(unit)):
        st.caption("Comparing with what is known about pictures …")
    text = _text(unit, results)
    if text:
        st.markdown(text)


def _text(unit: Unit, results: Results) -> str:
    if unit.is_class:
        return _probability_text(unit, results)
    if not unit.card.knows_scenes_only:
        responses = results.value(photographs.recipe(unit))
        titles = [picture.title for picture in photographs.pictures()]
        return photographs_in_words(responses, unit.index, titles) if responses else ""
    if not unit.layer.is_spatial:
        return ""
    scores = results.value(part_scores_recipe(unit.card, unit.layer.name))
    return match_in_words(scores.iou[unit.index]) if scores else ""


def match_in_words(iou: np.ndarray) -> str:
    """Return which part of drawn scenes a unit matches best.

    Args:
        iou: The unit's intersection over union with each concept, (concepts,).
    """
    best = int(iou.argmax())
    name, overlap = concept_in_words(dissect.CONCEPTS[best]), iou[best]
    if overlap >= MIN_IOU:
        return f"Probably: **{name}** (IoU {overlap:.2f})"
    return f"No part of the drawn scenes matches well (best: {name}, IoU {overlap:.2f})"


def concept_in_words(concept: str) -> str:
    """Return the name of a part, the object or a background as visitors read it."""
    return WORDS.get(concept, concept)


def photographs_in_words(responses: Responses, unit: int, titles: Sequence[str]) -> str:
    """Return which photographs excite a unit most and least; empty where it never changes.

    Args:
        responses: The responses of the unit's layer to the photographs.
        unit: The unit's index.
        titles: Titles of the photographs.
    """
    if responses.dead[unit] or len(titles) < 2 or len(titles) != len(responses.peak):
        return ""
    order = responses.top(unit, len(titles)).tolist()
    named = [
        f"*{escape_markdown(titles[index])}* ({responses.peak[index, unit]:.1f})" for index in order
    ]
    second = f", then {named[1]}" if len(order) > 2 else ""
    return (
        f"Of {len(order)} photographs it responds most to {named[0]}{second}; least to {named[-1]}."
    )


def _probability_text(unit: Unit, results: Results) -> str:
    computed = results.value(logits_recipe(unit.card, unit.picture.id)) if unit.picture else None
    if computed is None:
        return ""
    probability = predict.softmax(computed.logits)[unit.index]
    return f"For your picture the network gives this class **{probability:.1%}**."
