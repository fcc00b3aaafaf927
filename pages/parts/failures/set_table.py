"""The figures of a set in words and as a table: accuracy, what is kept of it, and calibration."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from core import corruptions
from core.corruptions import STEPS, JudgedAnswers
from core.intervals import Interval
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared import evidence_table
from pages.parts.shared.markdown import escape_markdown

# Fewer groups than this make intervals rough.
FEW_GROUPS = 20


def show_verdict(named: Mapping[str, JudgedAnswers], tested: TestedSet, by_label: bool) -> None:
    """Say which network keeps most, and whether that is more than chance.

    Args:
        named: Answers by title.
        tested: What is tested.
        by_label: Whether they are judged by the right class.
    """
    kept = {title: corruptions.kept_accuracy(each) for title, each in named.items()}
    known = {title: each for title, each in kept.items() if np.isfinite(each.mean)}
    what = "of its accuracy" if by_label else "of its answers"
    lines = [
        f"- **{escape_markdown(title)}** keeps **{each.mean:.0%}** {what} over the {STEPS} steps"
        f" ({interval_text(each)})."
        for title, each in known.items()
    ]
    if len(known) > 1:
        lines.insert(0, f"{_comparison(named, known)}\n")
    st.markdown("\n".join(lines) if lines else "No answer to an unchanged picture is right.")


def _comparison(named: Mapping[str, JudgedAnswers], kept: Mapping[str, Interval]) -> str:
    best, second = sorted(kept, key=lambda title: -kept[title].mean)[:2]
    difference = corruptions.kept_difference(named[best], named[second])
    points = f"{100 * difference.mean:.0f} points"
    between = f"95 % interval {100 * difference.low:.0f} to {100 * difference.high:.0f}"
    if difference.low > 0:
        return (
            f"**{escape_markdown(best)}** is the more robust one here: it keeps {points} more than"
            f" {escape_markdown(second)} ({between})."
        )
    return (
        f"These pictures do not tell **{escape_markdown(best)}** and"
        f" **{escape_markdown(second)}** apart: {points} ({between}). More pictures may."
    )


def show(named: Mapping[str, JudgedAnswers], tested: TestedSet, by_label: bool) -> None:
    """Show the table with its downloads. Arguments: see `show_verdict`."""
    what = "accuracy" if by_label else "answers kept"
    rows = []
    for title, judged in named.items():
        steps = corruptions.by_step(judged)
        row = {"network": title}
        for step in sorted({0, tested.step, STEPS}):
            row[f"{what}, step {step}"] = interval_text(steps[step].accuracy, full=True)
        row["kept over all steps"] = interval_text(corruptions.kept_accuracy(judged), full=True)
        if by_label:
            for step in sorted({0, STEPS}):
                row[f"ECE, step {step}"] = interval_text(steps[step].ece, full=True)
        rows.append(row)
    count = len(next(iter(named.values())).right)
    evidence_table.show(
        pd.DataFrame(rows), f"failures-{tested.dial.key}",
        f"{tested.dial.title}: how much worse do answers get?",
        [
            f"{count} pictures of {tested.pictures.name}; {tested.dial.source}; steps"
            f" {', '.join(tested.dial.labels)}. In brackets: 95 % intervals.",
            "Kept: mean accuracy of step 1 to 5 over that of step 0. ECE: expected calibration"
            " error (Guo et al. 2017).",
        ],
    )  # fmt: skip


def interval_text(each: Interval, full: bool = False) -> str:
    """Return an interval in words, in whole percent.

    Args:
        each: The interval.
        full: Whether the value comes first, and the interval in brackets.
    """
    if not np.isfinite(each.mean):
        return "unknown"
    between = f"{max(0.0, each.low):.0%} to {each.high:.0%}"
    return f"{each.mean:.0%} ({between})" if full else f"95 % interval {between}"


def independence(named: Mapping[str, JudgedAnswers]) -> str:
    """Return a warning where pictures are views of few photographs."""
    judged = next(iter(named.values()))
    groups = len(np.unique(judged.groups))
    if groups == len(judged.groups):
        return ""
    rough = " With so few photographs they are rough." if groups < FEW_GROUPS else ""
    return f" They count {groups} photographs, not {len(judged.groups)} views.{rough}"
