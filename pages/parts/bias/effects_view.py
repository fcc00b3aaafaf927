"""How much each factor changes the answers, as a chart and a table."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import figures, interventions
from core.interventions import FACTORS, Answers, Effect, Interval
from core.zoo.titles import distinct_titles
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared import downloads
from pages.parts.shared.linked import Linked
from pages.parts.shared.results import Results

LINKED = Linked("bias")
CHANGE, FLIPS = "Change of the probability", "Answers that flip"
ALL = "all classes"
HEIGHT = 420


def show(tested: Sequence[TestedNetwork], results: Results) -> None:
    """Show the effect of each factor for all networks."""
    st.subheader("How much each change matters", anchor=False)
    titles = distinct_titles({network.card.name: network.card for network in tested})
    answers = {
        titles[network.card.name]: found
        for network in tested
        if (found := results.value(network.answers)) is not None
    }
    # A class that is chosen stays chosen, so the first choice waits for every network's shortcuts.
    if not answers or not results.done([network.verdict for network in tested]):
        results.placeholder([network.verdict for network in tested], HEIGHT)
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        measure = LINKED.segmented("Measure", [CHANGE, FLIPS], "by")
    with right:
        known = sorted({name for found in answers.values() for name in found.classes})
        class_ = LINKED.select(
            "Scenes of", [ALL, *known], "class", _suspected(tested, results), default_in_url=True
        )
    effects = {
        title: interventions.effects(found, None if class_ == ALL else [class_])
        for title, found in answers.items()
        if class_ == ALL or class_ in found.classes
    }
    st.plotly_chart(
        figures.effect_bars(_bars(effects, measure), f"{measure}, 95% interval"),
        key="_effects", config={"displayModeBar": False}, alt=f"{measure} by factor",
    )  # fmt: skip
    st.caption(_note(answers, class_))
    downloads.csv(_table(effects), "bias", index=False)


def _suspected(tested: Sequence[TestedNetwork], results: Results) -> str:
    """Return the class of the first shortcut that was found, or all where none was.

    The mean over all classes hides what matters for one of them only.
    """
    verdicts = [results.value(network.verdict) for network in tested]
    found = [shortcut for verdict in verdicts if verdict for shortcut in verdict.shortcuts]
    return found[0].suspicion.class_ if found else ALL


def _bars(effects: Mapping[str, Sequence[Effect]], measure: str) -> dict[str, dict[str, Interval]]:
    """Return the chosen measure by factor; what matters most to some network comes first."""
    by_factor = {
        title: {
            effect.factor: effect.change if measure == CHANGE else effect.flips for effect in found
        }
        for title, found in effects.items()
    }
    order = sorted(FACTORS, key=lambda key: -max(each[key].mean for each in by_factor.values()))
    return {
        title: {FACTORS[key].title: found[key] for key in order}
        for title, found in by_factor.items()
    }


def _note(answers: Mapping[str, Answers], class_: str) -> str:
    found = next(iter(answers.values()))
    count = sum(class_ in (ALL, name) for name in found.pairs.classes)
    return (
        f"{count} scenes, each drawn again with one factor at another level. The probability is"
        " that of the scene's own class; its change counts without its sign."
    )


def _table(effects: Mapping[str, Sequence[Effect]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "network": title, "factor": FACTORS[effect.factor].title,
                "change": effect.change.mean, "change low": effect.change.low,
                "change high": effect.change.high, "flips": effect.flips.mean,
                "flips low": effect.flips.low, "flips high": effect.flips.high,
            }
            for title, found in effects.items()
            for effect in found
        ]
    )  # fmt: skip
