"""Temperature scaling, fitted on one half of the pictures and judged on the other."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import corruptions, figures, zoo
from core.compare import TooFewPictures
from core.corruptions import Calibrated, JudgedAnswers, TemperatureTest
from pages.parts.failures.set_table import independence, interval_text
from pages.parts.failures.tested_set import TestedSet
from pages.parts.shared import evidence_table
from pages.parts.shared.chart_toolbar import with_png
from pages.parts.shared.layer_picker import pick_model
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

LINKED = Linked("failures")
UNCHANGED, SAME_STEP = "Unchanged pictures", "Pictures at the chosen step"


def show(results: Results, tested: TestedSet, judged: Mapping[str, JudgedAnswers]) -> None:
    """Show each network's temperature and its calibration before and after.

    Args:
        results: Of the page.
        tested: What is tested.
        judged: The judged answers by network.
    """
    on = LINKED.segmented(
        "Fit the temperature on", [UNCHANGED, SAME_STEP], "fit",
        help="People fit it on pictures like those of the training. It helps less once the pictures"
        " become worse (Ovadia et al. 2019).",
    )  # fmt: skip
    fitted_step = 0 if on == UNCHANGED else tested.step
    try:
        tests = {
            name: corruptions.temperature_test(each, tested.step, fitted_step)
            for name, each in judged.items()
        }
    except TooFewPictures as error:
        st.warning(escape_markdown(error), icon=":material/photo_library:")
        return
    titles = zoo.distinct_titles(tested.models)
    st.markdown("\n".join(f"- {_sentence(titles[name], test)}" for name, test in tests.items()))
    card = pick_model({name: tested.models[name] for name in judged})
    _show_diagrams(card.title, tests[card.name])
    first = next(iter(tests.values()))
    evidence_table.show(
        pd.DataFrame([_row(titles[name], test) for name, test in tests.items()]),
        f"temperature-{tested.dial.key}",
        f"Temperature scaling at step {tested.step} of {tested.dial.title}",
        [
            f"Fitted on {first.fitted} pictures ({on.lower()}), judged on {first.judged} others of"
            f" {tested.pictures.name}.",
            "Guo et al. 2017. ECE: expected calibration error. In brackets: 95 % intervals.",
        ],
    )  # fmt: skip
    st.caption(
        f"Fitted on {first.fitted} pictures, judged on {first.judged} others; views of a photograph"
        " are in the same half. “By chance” is what a perfectly calibrated network would have on so"
        f" few pictures. In brackets: 95 % intervals.{independence(judged)}"
    )


def _sentence(title: str, test: TemperatureTest) -> str:
    before, after = test.before, test.after
    if after.loss < before.loss:
        verdict = "**helps** on the other half"
    elif test.temperature == 1:
        verdict = "changes nothing"
    else:
        verdict = "**does not help** on the other half"
    direction = "less sure" if test.temperature > 1 else "surer"
    made = f", which makes it {direction}," if test.temperature != 1 else ""
    return (
        f"**{escape_markdown(title)}**: temperature {test.temperature:.2f}{made} {verdict}: the"
        f" calibration error goes from {before.ece.mean:.0%} to {after.ece.mean:.0%}, the"
        f" log-likelihood loss from {before.loss:.2f} to {after.loss:.2f}."
    )


def _show_diagrams(title: str, test: TemperatureTest) -> None:
    places = st.columns(2, gap="medium")
    for place, words, each in zip(
        places, ("before", "after"), (test.before, test.after), strict=True
    ):
        with place:
            st.markdown(f"**{words.capitalize()}**")
            st.plotly_chart(
                figures.reliability_diagram(each.diagram), key=f"_{words}",
                config=with_png(f"reliability-{words}"),
                alt=f"Reliability diagram of {title} {words} temperature scaling",
            )  # fmt: skip


def _row(title: str, test: TemperatureTest) -> dict[str, str]:
    return {
        "network": title, "temperature": f"{test.temperature:.2f}",
        "ECE before": _ece(test.before), "ECE after": _ece(test.after),
        "NLL before": f"{test.before.loss:.3f}", "NLL after": f"{test.after.loss:.3f}",
        "ECE by chance": f"{test.after.by_chance:.0%}",
    }  # fmt: skip


def _ece(each: Calibrated) -> str:
    return interval_text(each.ece, full=True)
