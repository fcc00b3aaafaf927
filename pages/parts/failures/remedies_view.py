"""What helps: what a failure means in use, what people do about it, and remedies to try."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.corruptions import JudgedAnswers
from core.pictures import Picture
from core.zoo import Card
from pages.parts.failures import (
    judging,
    remedy_abstention,
    remedy_sister,
    remedy_temperature,
    remedy_ten_crops,
)
from pages.parts.failures.dial_picker import pick_dial
from pages.parts.failures.remedy_texts import TEXTS, TOO_SURE
from pages.parts.failures.tested_set import TestedSet, ask, pick_tested_set
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results

LINKED = Linked("failures")
FIRST = "gaussian_noise"
PLACEHOLDER = 340
SISTER = "Robust sister"

# A remedy gets the results, what is tested, and the judged answers by network.
Remedy = Callable[[Results, TestedSet, Mapping[str, JudgedAnswers]], None]
REMEDIES: Mapping[str, tuple[str, Remedy]] = {
    "Temperature scaling": (
        "Divide the logits by one number, so that a network is as often right as it is sure. Its"
        " answers stay the same.",
        remedy_temperature.show,
    ),
    "Abstain": (
        "Answer only from some confidence on; a person looks at the rest.",
        remedy_abstention.show,
    ),
    "Ten crops": (
        "Test-time augmentation: average the answers to ten crops of the picture, five of them"
        " mirrored. Takes ten times as long in use.",
        remedy_ten_crops.show,
    ),
    SISTER: (
        "The same architecture, trained on attacked pictures.",
        remedy_sister.show,
    ),
}


def show(models: Mapping[str, Card], picture: Picture) -> None:
    """Show the view.

    Args:
        models: The networks by name.
        picture: Not used: remedies are judged on a set of pictures.
    """
    dial, step = pick_dial(FIRST)
    text = TEXTS[dial.group]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{dial.group}: what it means in use.** {text.in_use}")
        st.markdown(f"**What people do about it.** {text.remedies}")
    with right:
        st.markdown(TOO_SURE)
    st.subheader("Try a remedy", anchor=False)
    remedy = LINKED.segmented("Remedy", list(REMEDIES), "remedy", label_visibility="collapsed")
    explanation, show_remedy = REMEDIES[remedy]
    st.markdown(explanation)
    if remedy == SISTER and remedy_sister.offer():
        return
    tested = pick_tested_set(models, dial, step)
    if tested is None or not judging.enough(tested) or judging.show_no_labels(tested):
        return
    results = Results()
    if not ask(tested, results):
        return
    judged = tested.judged(results)
    if not judged:
        results.placeholder(list(tested.recipes.values()), PLACEHOLDER)
        return
    show_remedy(results, tested, judged)
