"""Test-time augmentation: the mean answer to ten crops, beside the answer to one."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import corruptions, zoo
from core.corruptions import CROPS, JudgedAnswers
from core.intervals import Interval
from core.workbench.tasks.ten_crop_answers import ten_crop_answers_recipe
from pages.parts.failures import set_table
from pages.parts.failures.set_table import interval_text
from pages.parts.failures.tested_set import TestedSet, start
from pages.parts.shared import evidence_table
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench


def show(results: Results, tested: TestedSet, judged: Mapping[str, JudgedAnswers]) -> None:
    """Offer to average ten crops, and show whether that helps.

    Args:
        results: Of the page.
        tested: What is tested.
        judged: The judged answers by network.
    """
    recipes = {
        name: ten_crop_answers_recipe(
            tested.models[name], tested.pictures.reference, tested.dial.key, tested.step
        )
        for name in judged
    }
    asked = list(recipes.values())
    if not workbench().has(asked):
        key = "".join(recipe.key for recipe in asked)
        if not start(tested, key, tested.seconds(CROPS), "Try ten crops", True):
            return
    results.ask(asked)
    results.show_errors(asked)
    titles = zoo.distinct_titles(tested.models)
    gains = {
        titles[name]: (
            judged[name], corruptions.accuracy_gain(judged[name], tested.step, logits[tested.rows])
        )
        for name, logits in results.values(recipes).items()
    }  # fmt: skip
    if not gains:
        return
    st.markdown(
        "\n".join(
            f"- {_sentence(title, judged, tested.step, gain)}"
            for title, (judged, gain) in gains.items()
        )
    )
    st.caption(f"In brackets: 95 % intervals.{set_table.independence(judged)}")
    evidence_table.show(
        pd.DataFrame([_row(title, *each, tested.step) for title, each in gains.items()]),
        f"ten-crops-{tested.dial.key}",
        f"Ten crops at step {tested.step} of {tested.dial.title}",
        [f"{len(tested.rows)} pictures of {tested.pictures.name}. Krizhevsky et al. 2012.",
         "In brackets: 95 % intervals."],
    )  # fmt: skip


Gain = tuple[Interval, Interval]


def _sentence(title: str, judged: JudgedAnswers, step: int, gain: Gain) -> str:
    accuracy, more = gain
    if more.low > 0:
        verdict = "**helps**"
    elif more.high < 0:
        verdict = "**makes it worse**"
    else:
        verdict = "makes no difference that these pictures could show"
    return (
        f"**{escape_markdown(title)}**: averaging ten crops {verdict}: accuracy"
        f" {judged.right[:, step].mean():.0%} → {accuracy.mean:.0%}, {_points(more)}."
    )


def _row(title: str, judged: JudgedAnswers, gain: Gain, step: int) -> dict[str, str]:
    accuracy, more = gain
    return {
        "network": title, "one crop": f"{judged.right[:, step].mean():.0%}",
        "ten crops": interval_text(accuracy, full=True), "difference": _points(more),
    }  # fmt: skip


def _points(each: Interval) -> str:
    low, mean, high = (100 * value for value in (each.low, each.mean, each.high))
    return f"{mean:+.0f} points ({low:+.0f} to {high:+.0f})"
