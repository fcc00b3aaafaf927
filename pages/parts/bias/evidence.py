"""What a verdict rests on: scenes with the suspected level and without it."""

from collections.abc import Sequence

import streamlit as st

from core import interventions
from core.figures.tiles import above_below
from core.interventions import FACTORS, Shortcut
from pages.parts.bias.tested_network import TestedNetwork
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results

LINKED = Linked("bias")
# Pairs that are shown, and the side of the pictures in pixels.
PAIRS, SIDE = 5, 144


def show(tested: Sequence[TestedNetwork], results: Results) -> None:
    """Show pairs of one test, which the visitor chooses among all that were made.

    The shortcuts that were found come first: they are what the verdicts name.
    """
    found = {
        f"{network.card.title}: {_title(shortcut)}": shortcut
        for network in tested
        if (verdict := results.value(network.verdict)) is not None
        for shortcut in verdict.tested
    }
    # A test that is chosen stays chosen, so the first choice waits for every network's shortcuts.
    if not found or not results.done([network.verdict for network in tested]):
        return
    st.subheader("The evidence", anchor=False)
    names = sorted(found, key=lambda name: not found[name].confirmed)
    chosen = found[LINKED.select("Test", names, "test")]
    what = chosen.suspicion
    with_level, without = interventions.tested_scenes(what, [what.class_], chosen.seed, SIDE, PAIRS)
    st.caption(
        f"{FACTORS[what.factor].title}: {escape_markdown(what.level)} (above), something else"
        f" (below). Nothing else differs. The numbers: the probability of"
        f" {escape_markdown(what.class_)} above and below."
    )
    pairs = zip(with_level, without, chosen.with_level, chosen.without, strict=False)
    with st.container(horizontal=True, gap="small"):
        for number, (above, below, high, low) in enumerate(pairs, 1):
            st.image(
                above_below(above, below), width=SIDE, caption=f"{high:.0%} → {low:.0%}",
                alt=f"Scene {number} of {what.class_}: {high:.0%} with {what.level} (above),"
                f" {low:.0%} without (below)",
            )  # fmt: skip


def _title(shortcut: Shortcut) -> str:
    what = shortcut.suspicion
    verdict = "used" if shortcut.confirmed else "not used"
    return f"{what.class_}, {FACTORS[what.factor].title.lower()} {what.level} ({verdict})"
