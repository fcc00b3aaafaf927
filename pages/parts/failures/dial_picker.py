"""Pickers of the dial and of its step, the same in all views."""

import streamlit as st

from core import corruptions
from core.corruptions import DIALS, STEPS, Dial
from pages.parts.shared.linked import Linked

LINKED = Linked("failures")
# What pages say of attacks, whose target is the answer and not the right class.
ATTACK_NOTE = (
    " An attack turns a network away from its first answer; where several classes are right,"
    " another one of them still counts as right."
)


def pick_dial(first: str) -> tuple[Dial, int]:
    """Show the pickers and return the dial and its step.

    Args:
        first: Key of the dial that is chosen at first.
    """
    titles = {dial.title: key for key, dial in DIALS.items()}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        title = LINKED.select("Dial", list(titles), "dial", DIALS[first].title, True)
    with right:
        step = LINKED.slider("Step", 0, STEPS, "step", 3)
    return corruptions.find(titles[title]), step


def step_labels(dial: Dial) -> list[str]:
    """Return what the steps of a dial are called, from the unchanged picture."""
    return ["unchanged", *dial.labels]
