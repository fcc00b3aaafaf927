"""The verdict on each network's maps of the chosen picture, in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import saliency
from core.saliency import Evidence, Verdict
from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.model_badge import with_badge
from pages.parts.shared.verdict_text import verdict_text
from pages.parts.trust.evaluated_map import EvaluatedMap


@dataclass(frozen=True)
class Tests:
    """The tests of a network's maps, as far as they are.

    Attributes:
        evaluated: The maps whose scores are there.
        pending: Titles of the methods whose tests are not over.
        count: Number of chosen methods.
    """

    evaluated: Sequence[EvaluatedMap]
    pending: Sequence[str]
    count: int

    @property
    def text(self) -> str:
        """How many methods are tested, and which are not; empty where all are."""
        tested = sum(each.method.title not in self.pending for each in self.evaluated)
        if self.pending:
            return (
                f"Tested {tested} of {self.count} methods; still to come:"
                f" {', '.join(self.pending)}."
            )
        return f"Only {tested} of {self.count} methods could be tested." * (tested < self.count)


def show_verdicts(models: Mapping[str, Card], tests: Mapping[str, Tests]) -> None:
    """Show whether to believe each network's maps, and why; what is known so far, until all is.

    Args:
        models: The chosen networks by name.
        tests: The tests of each network's maps.
    """
    for name, card in models.items():
        with st.container(border=True):
            _show_verdict(card, tests[name])


def _show_verdict(card: Card, tests: Tests) -> None:
    """Show the same lines before the last test as after it, so that nothing moves much."""
    own = tests.evaluated
    if own:
        label = escape_markdown(card.labels[own[0].explained.class_index])
        verdict = judge(own)
        provisional = " :orange-badge[provisional]" * bool(tests.pending)
        st.markdown(f"{with_badge(card)} says {label}.{provisional}  \n{verdict_text(verdict)}")
    else:
        st.markdown(f"{with_badge(card)}  \nNo verdict yet: no heat map is tested.")
    notes = verdict.notes if own and not tests.pending else ()
    for note in filter(None, (tests.text, *notes)):
        st.caption(escape_markdown(note))


def judge(own: Sequence[EvaluatedMap]) -> Verdict:
    """Return the verdict on a network's maps."""
    return saliency.judge_maps(
        [
            Evidence(
                each.method.title, each.map, saliency.area_test(each.scores),
                float(each.checks.similarity[-1]) if each.checks else None,
            )
            for each in own
        ]
    )  # fmt: skip
