"""All dials: the step at which each network's answer breaks, as a table."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.corruptions import DIALS, STEPS, DialAnswers
from core.workbench.recipes import Recipe
from core.zoo import Card
from core.zoo.titles import distinct_titles
from pages.parts.failures.broken_answer import broken_answer
from pages.parts.shared import downloads
from pages.parts.shared.results import Results

HOLDS = "holds"


def show(
    results: Results,
    models: Mapping[str, Card],
    recipes: Mapping[tuple[str, str], Recipe[DialAnswers]],
) -> None:
    """Show what is known so far.

    Args:
        results: The results; all recipes were requested.
        models: The networks by name.
        recipes: The recipes by network and dial.
    """
    st.subheader("All dials", anchor=False)
    titles = distinct_titles(models)
    rows: dict[str, dict[str, str]] = {}
    held = dict.fromkeys(models, 0)
    for key, dial in DIALS.items():
        row = {"kind": dial.group}
        for name, card in models.items():
            answers = results.value(recipes[name, key])
            if answers is None:
                row[titles[name]] = "…"
                continue
            broken = broken_answer(card, answers)
            held[name] += STEPS if broken.step is None else broken.step - 1
            row[titles[name]] = (
                HOLDS if broken.step is None else f"step {broken.step}: {broken.other}"
            )
        rows[dial.title] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("dial").reset_index()
    if results.done(list(recipes.values())):
        total = STEPS * len(DIALS)
        parts = [f"{titles[name]} holds {count} of {total} steps" for name, count in held.items()]
        st.markdown(f"{'; '.join(parts)}.".replace("_", r"\_"))
    st.dataframe(table, hide_index=True, key="_all_dials", height=35 * (len(table) + 1) + 2)
    downloads.csv(table, "failures", index=False)
