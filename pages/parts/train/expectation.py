"""What a visitor expects of a run before it starts, and whether it came true."""

import streamlit as st

from core.train_lab.experiment import Experiment
from core.train_lab.reports import End

# What can be expected, by how a run ends.
CHOICES = {
    "It reaches the goal": End.GOAL,
    "It stops getting better before": End.STALLED,
    "Its loss explodes": End.DIVERGED,
}
KEY = "_expected"


def ask_expectation(experiment: Experiment) -> None:
    """Ask what the visitor expects of a run that has not begun."""
    chosen = st.pills(
        "What do you expect?", list(CHOICES), key=f"_expect_{experiment.identity}",
        help="Guess first: what surprises you teaches you most.",
    )  # fmt: skip
    st.session_state.setdefault(KEY, {})[experiment.identity] = chosen


def compare_with_expectation(experiment: Experiment, end: End | None) -> str:
    """Return whether a run ended as expected; empty where nothing was expected."""
    expected = st.session_state.get(KEY, {}).get(experiment.identity)
    if not expected or end is None:
        return ""
    came = "That is what you expected." if CHOICES[expected] is _as_choice(end) else (
        f"You expected something else: “{expected}”. What made the difference?"
    )  # fmt: skip
    return f" {came}"


def _as_choice(end: End) -> End:
    """Return which of the choices an end counts as: without the goal, a run got no better."""
    return End.STALLED if end is End.EPOCHS else end
