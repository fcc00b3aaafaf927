"""All dials: the step at which each network's answer breaks, as a table."""

import pandas as pd
import streamlit as st

from core.corruptions import DIALS, STEPS
from core.zoo.titles import distinct_titles
from pages.parts.failures.broken_answer import BrokenAnswer
from pages.parts.failures.one_dial import Tested
from pages.parts.shared import evidence_table
from pages.parts.shared.markdown import escape_markdown

HOLDS = "holds"


def show(tested: Tested) -> None:
    """Show what is known so far.

    Args:
        tested: What is tested; all recipes were requested.
    """
    titles = distinct_titles(tested.models)
    rows: list[dict[str, str]] = []
    held = dict.fromkeys(tested.models, 0)
    for key, dial in DIALS.items():
        row = {"dial": dial.title, "kind": dial.group}
        for name in tested.models:
            broken = tested.broken(name, key)
            row[titles[name]] = _cell(broken)
            if broken is not None:
                held[name] += STEPS if broken.step is None else max(0, broken.step - 1)
        rows.append(row)
    table = pd.DataFrame(rows)
    if tested.results.done(list(tested.recipes.values())):
        total = STEPS * len(DIALS)
        parts = [
            f"{escape_markdown(titles[name])} holds {count} of {total} steps"
            for name, count in held.items()
        ]
        st.markdown(f"{'; '.join(parts)}.")
    evidence_table.show(
        table, "failures", "When does it break?",
        [
            f"Picture: {tested.picture.title}. The step of each dial, of {STEPS}, at which the"
            " answer breaks.",
            "Dials of ImageNet-C (Hendrycks and Dietterich 2019), FGSM, PGD, and positions.",
        ],
    )  # fmt: skip


def _cell(broken: BrokenAnswer | None) -> str:
    if broken is None:
        return "…"
    if broken.step is None:
        return HOLDS
    return f"wrong: {broken.other}" if broken.step == 0 else f"step {broken.step}: {broken.other}"
