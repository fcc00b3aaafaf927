"""Abstaining below a threshold that was chosen on one half of the pictures."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import corruptions, figures, zoo
from core.compare import TooFewPictures
from core.corruptions import AbstentionTest, JudgedAnswers
from pages.parts.failures.set_table import independence, interval_text
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared import downloads, evidence_table
from pages.parts.shared.chart_toolbar import with_png
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

LINKED = Linked("failures")


def show(results: Results, tested: TestedSet, judged: Mapping[str, JudgedAnswers]) -> None:
    """Show the risk-coverage curves, and what a threshold does on the other half.

    Args:
        results: Of the page.
        tested: What is tested.
        judged: The judged answers by network.
    """
    error = LINKED.slider(
        "Wrong answers that are accepted (percent)", 0, 50, "error", 10,
        help="The lowest confidence with so few wrong answers is chosen on one half of the"
        " pictures, and judged on the other.",
    )  # fmt: skip
    titles = zoo.distinct_titles(tested.models)
    try:
        tests = {
            titles[name]: corruptions.abstention_test(each, tested.step, error / 100)
            for name, each in judged.items()
        }
    except TooFewPictures as problem:
        st.warning(escape_markdown(problem), icon=":material/photo_library:")
        return
    st.markdown("\n".join(f"- {_sentence(title, test, error)}" for title, test in tests.items()))
    points = {
        title: (test.answered.mean, test.error.mean)
        for title, test in tests.items() if test.error is not None
    }  # fmt: skip
    figure = figures.risk_coverage_curves({title: t.curve for title, t in tests.items()}, points)
    st.plotly_chart(
        figure, key="_abstention", config=with_png("risk-coverage"),
        alt=f"Wrong answers by share of answered pictures at step {tested.step}",
    )  # fmt: skip
    downloads.html(figure, "risk-coverage")
    st.caption(
        "The curves and the rings are for the half that the threshold was not chosen on. A lower"
        " curve is better; its right end is the error where everything is answered. In brackets:"
        f" 95 % intervals.{independence(judged)}"
    )
    evidence_table.show(
        pd.DataFrame([_row(title, test) for title, test in tests.items()]),
        f"abstention-{tested.dial.key}",
        f"Abstaining at step {tested.step} of {tested.dial.title}",
        [
            f"Accepted: {error} % wrong answers on one half of {tested.pictures.name}; the figures"
            " are for the other half.",
            "Geifman and El-Yaniv 2017. In brackets: 95 % intervals.",
        ],
    )  # fmt: skip


def _sentence(title: str, test: AbstentionTest, error: int) -> str:
    name = f"**{escape_markdown(title)}**"
    if test.threshold is None or test.error is None:
        return (
            f"{name}: no threshold leaves only {error} % wrong answers. It is as sure of wrong"
            " answers as of right ones here; accept more, or choose a lower step."
        )
    return (
        f"{name}: answers from a confidence of {test.threshold:.0%} on. Then it answers"
        f" **{test.answered.mean:.0%}** of the other half, with **{test.error.mean:.0%}** wrong"
        f" ({interval_text(test.error)}) instead of {test.without.mean:.0%}."
    )


def _row(title: str, test: AbstentionTest) -> dict[str, str]:
    return {
        "network": title,
        "threshold": "none" if test.threshold is None else f"{test.threshold:.0%}",
        "answered": interval_text(test.answered, full=True),
        "wrong": "–" if test.error is None else interval_text(test.error, full=True),
        "wrong without": interval_text(test.without, full=True),
        "AURC": f"{test.curve.area:.3f}",
    }
