"""The verdict on each network: what it uses, in words."""

from collections.abc import Sequence

import streamlit as st

from core.interventions import FACTORS, Shortcut, Verdict
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.results import Results


def show(tested: Sequence[TestedNetwork], results: Results) -> None:
    """Show the verdict on each network, or that it is still being tested."""
    for network in tested:
        with st.container(border=True):
            verdict = results.value(network.verdict)
            text = _text(verdict) if verdict else "Testing it: no verdict yet."
            st.markdown(f"{with_badge(network.card)}  \n{text}")


def _text(verdict: Verdict) -> str:
    if not verdict.shortcuts:
        return (
            f":material/verified: **No shortcut found.** {len(FACTORS)} factors were changed in"
            " scenes of every class; what stood out did not hold on new scenes."
        )
    return "  \n".join(map(describe, verdict.shortcuts))


def describe(shortcut: Shortcut) -> str:
    """Return in Markdown what a network uses, with the figures."""
    what = shortcut.suspicion
    factor, level, class_ = (
        escape_markdown(text) for text in (FACTORS[what.factor].title, what.level, what.class_)
    )
    count = len(shortcut.with_level)
    with_level, without = sum(shortcut.with_level) / count, sum(shortcut.without) / count
    text = (
        f":material/warning: **It uses the {factor.lower()} for {class_}** ({level}). The same"
        f" {count} scenes of {class_} get a probability of {with_level:.0%} with it and"
        f" {without:.0%} without it: a loss of {_points(shortcut.loss.mean)} percentage points"
        f" (95% interval {_points(shortcut.loss.low)} to {_points(shortcut.loss.high)})."
    )
    if shortcut.gain.low > 0.05:
        text += f" It makes other things look like {class_}, too: by"
        text += f" {_points(shortcut.gain.mean)} percentage points."
    return text


def _points(share: float) -> str:
    return f"{100 * share:.0f}"
