"""The verdict on each network's maps of the chosen picture, in one sentence."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import saliency
from core.saliency import Evidence, Trust, Verdict
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.trust.evaluated_map import EvaluatedMap

ICONS = {
    Trust.HIGH: ":material/thumb_up:",
    Trust.LIMITED: ":material/balance:",
    Trust.NONE: ":material/thumb_down:",
}


def show_verdicts(
    models: Mapping[str, Card], evaluated: Sequence[EvaluatedMap], methods: int
) -> None:
    """Show whether to believe each network's maps, and why.

    Args:
        models: The chosen networks by name.
        evaluated: The maps that are there.
        methods: Number of chosen methods. A verdict needs the maps of all of them, since it would
            change as they arrive.
    """
    for name, card in models.items():
        own = [each for each in evaluated if each.card.name == name]
        with st.container(border=True):
            if len(own) == methods:
                _show_verdict(card, own)
            else:
                st.markdown(f"{with_badge(card)} :gray[{len(own)} of {methods} maps tested …]")


def _show_verdict(card: Card, own: Sequence[EvaluatedMap]) -> None:
    verdict = judge(own)
    label = escape_markdown(card.labels[own[0].explained.class_index])
    st.markdown(
        f"{ICONS[verdict.trust]} {with_badge(card)} says {label}."
        f" {escape_markdown(verdict.sentence)}"
    )
    for note in verdict.notes:
        st.caption(escape_markdown(note))


def judge(own: Sequence[EvaluatedMap]) -> Verdict:
    """Return the verdict on a network's maps."""
    return saliency.judge_maps(
        [
            Evidence(
                each.method.title, each.map, each.scores,
                float(each.checks.similarity[-1]) if each.checks else None,
            )
            for each in own
        ]
    )  # fmt: skip
