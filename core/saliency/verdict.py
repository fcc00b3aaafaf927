"""How far to trust a network's saliency maps of a picture, in words.

Two tests ask the network itself: does the probability of the class fall when the strongest pixels
of a map turn grey, and does it come back when only these pixels are sharp? Scattered grey pixels
lower the probability of almost any network, also where they lie at random, so the first test alone
proves nothing. Maps that pass both and agree with each other are believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from jaxtyping import Float

from core.saliency.area_test import AreaTest
from core.saliency.evaluate import rank_agreement

# Share of the probability that has to go without the area, and to come back with it alone. On the
# blurred picture, 20 % of the pixels at random brought back less than a tenth (four photographs).
HALF = 0.5
# Maps agree from this rank correlation on. Class activation maps of one network reach 0.8 to 0.99,
# a gradient and a class activation map 0.2 to 0.6.
AGREEMENT = 0.5
# From this similarity to the map of a network with shuffled weights on, a map is partly a drawing
# of the picture.
WEAK_SANITY = 0.5
# Methods whose maps hardly change when weights are shuffled: they draw the picture's edges, also
# for a network that has learned nothing (Adebayo et al. 2018, "Sanity checks for saliency maps";
# Nie et al. 2018, "A theoretical explanation for perplexing behaviors").
INSENSITIVE = ("Guided backpropagation",)
WHY_INSENSITIVE = (
    "Its maps hardly change when all weights are shuffled (Adebayo et al. 2018): they draw the"
    " picture's edges."
)
# Below this probability the network itself is unsure.
UNSURE = 0.3


class Trust(Enum):
    """How far to trust a network's maps of a picture."""

    HIGH = "believe"
    LIMITED = "with care"
    NONE = "do not believe"


@dataclass(frozen=True)
class Evidence:
    """What is known of one method's map.

    Attributes:
        method: The method's name on pages.
        map: The map on the network's input grid.
        area: The test of its area.
        sanity: Its rank correlation with the map of the network with shuffled weights; None where
            this check was not run.
    """

    method: str
    map: Float[np.ndarray, "h w"]
    area: AreaTest
    sanity: float | None = None

    @property
    def needed(self) -> bool:
        """Whether the probability falls by half without the area."""
        return self.area.without <= HALF * self.area.whole

    @property
    def enough(self) -> bool:
        """Whether the area alone brings half of the probability back."""
        return self.area.alone >= HALF * self.area.whole

    @property
    def weak(self) -> bool:
        """Whether the map hardly depends on the weights, as far as that is known."""
        return self.sanity is not None and abs(self.sanity) >= WEAK_SANITY


@dataclass(frozen=True)
class Verdict:
    """How far to trust a network's maps of a picture.

    Attributes:
        trust: In one word.
        methods: Names of the methods whose maps to believe; with care where trust is limited. None
            where no single place decides.
        advice: What to do, with the names of the methods.
        sentence: Why, with the probabilities.
        notes: Sentences on what else to know, such as a weak sanity check.
    """

    trust: Trust
    methods: tuple[str, ...]
    advice: str
    sentence: str
    notes: tuple[str, ...] = ()


def judge_maps(maps: Sequence[Evidence]) -> Verdict:
    """Return how far to trust the maps of one network, one picture and one class.

    Args:
        maps: The map of each method; the more methods, the more the verdict says.
    """
    with_evidence = [each for each in maps if np.ptp(each.map) > 0]
    if not with_evidence:
        return _disbelief(maps, "No map shows anything that supports the class.")
    shown = [each for each in with_evidence if each.method not in INSENSITIVE]
    not_counted = [each for each in with_evidence if each.method in INSENSITIVE]
    if not shown:
        return _disbelief(with_evidence, WHY_INSENSITIVE)
    if shown[0].area.blurred >= HALF * shown[0].area.whole:
        verdict = _judge_by_removal(shown)
    elif passing := [each for each in shown if each.needed and each.enough]:
        verdict = _judge_passing(passing)
    else:
        verdict = _judge_failing(shown)
    believed = [each for each in shown if each.method in verdict.methods]
    notes = (
        *map(_sanity_note, filter(lambda each: each.weak, believed)),
        *(f"Not counted: {each.method}. {WHY_INSENSITIVE}" for each in not_counted),
        *_unsure(shown[0]),
    )
    return replace(verdict, notes=notes)


def _belief(trust: Trust, group: Sequence[Evidence], sentence: str) -> Verdict:
    """Return the verdict that these maps are to be believed, with care where trust is limited."""
    methods = tuple(each.method for each in group)
    care = " with care" if trust is Trust.LIMITED else ""
    return Verdict(trust, methods, f"Believe {_listed(methods)}{care}.", sentence)


def _disbelief(tested: Sequence[Evidence], sentence: str) -> Verdict:
    """Return the verdict that none of the tested maps is to be believed."""
    names = _listed([each.method for each in tested], "or") if tested else "a heat map here"
    return Verdict(Trust.NONE, (), f"Don't rely on {names}.", sentence)


def _judge_passing(passing: Sequence[Evidence]) -> Verdict:
    """Judge maps that pass both tests: believe those that agree with each other."""
    group, correlation = _largest_agreeing(passing)
    names = _listed([each.method for each in group])
    tests = (
        f"removing {_its(group)} area lowers the probability from"
        f" {group[0].area.whole:.0%} to {max(each.area.without for each in group):.0%}, and this"
        f" area alone brings back {min(each.area.alone for each in group):.0%}"
    )
    if len(group) > 1:
        trust = Trust.LIMITED if all(each.weak for each in group) else Trust.HIGH
        return _belief(trust, group, f"They agree: {tests}.")
    if len(passing) == 1:
        return _belief(Trust.LIMITED, group, f"Only {names} passes both tests: {tests}.")
    others = tuple(each.method for each in passing)
    return Verdict(
        Trust.LIMITED, others, f"Compare {_listed(others)} before you believe one.",
        "Each passes both tests, but they show different places (rank correlation at most"
        f" {correlation:.2f}).",
    )  # fmt: skip


def _judge_by_removal(shown: Sequence[Evidence]) -> Verdict:
    """Judge maps where the blurred picture is recognised, so that only removal tells them apart."""
    blurred, whole = shown[0].area.blurred, shown[0].area.whole
    needed = [each for each in shown if each.needed]
    if not needed:
        least = min(each.area.without for each in shown)
        return Verdict(
            Trust.LIMITED, (), "No single place decides.",
            f"Without the area that a map marks the network still gives {least:.0%} or more (whole"
            f" picture: {whole:.0%}), and even a blurred copy gets {blurred:.0%}. The evidence is"
            " all over the picture; a heat map shows a part of it, not the reason.",
        )  # fmt: skip
    group, _ = _largest_agreeing(needed)
    return _belief(
        Trust.LIMITED, group,
        f"Even a blurred copy of the picture gets {blurred:.0%} (sharp: {whole:.0%}), so sharp"
        f" details matter little; removing {_its(group)} area lowers it to"
        f" {max(each.area.without for each in group):.0%}.",
    )  # fmt: skip


def _judge_failing(shown: Sequence[Evidence]) -> Verdict:
    """Judge maps when none of them passes both tests; name tests that contradict each other."""
    best = max(shown, key=lambda each: each.area.alone)
    whole = best.area.whole
    if best.enough:
        return _belief(
            Trust.LIMITED, [best],
            f"The scores contradict each other: the area of {best.method} alone brings back"
            f" {best.area.alone:.0%}, of {whole:.0%} for the whole picture, but without it the"
            f" probability is still {best.area.without:.0%}. The network uses other places too.",
        )  # fmt: skip
    lowest = min(shown, key=lambda each: each.area.without)
    if lowest.needed:
        return _disbelief(
            shown,
            f"The scores contradict each other: removing the area of {lowest.method} lowers the"
            f" probability from {whole:.0%} to {lowest.area.without:.0%}, but no area alone brings"
            f" back more than {best.area.alone:.0%}.",
        )
    return _disbelief(
        shown,
        "No map passes a test: without its area the probability is still"
        f" {lowest.area.without:.0%}, of {whole:.0%} for the whole picture, and no area alone"
        f" brings back more than {best.area.alone:.0%}.",
    )


def _largest_agreeing(maps: Sequence[Evidence]) -> tuple[list[Evidence], float]:
    """Return the maps that agree with the map that most of them agree with, and the correlation.

    The correlation is the highest between two different maps; 0 for a single map.
    """
    correlations = rank_agreement(np.stack([each.map for each in maps]))
    agreeing = correlations >= AGREEMENT
    # Of maps that equally many agree with, the one that agrees best.
    centre = max(range(len(maps)), key=lambda row: (agreeing[row].sum(), correlations[row].sum()))
    group = [each for each, agrees in zip(maps, agreeing[centre], strict=True) if agrees]
    np.fill_diagonal(correlations, -1)
    return group, max(0.0, float(correlations.max()))


def _sanity_note(map_: Evidence) -> str:
    """Return why a weak sanity check and a passed test are no contradiction."""
    return (
        f"{map_.method}'s map stays similar ({map_.sanity:.2f}) when all weights are shuffled: part"
        " of its shape comes from the picture itself, such as its edges. The tests above show that"
        " it marks the right area; don't read its outline as what the network learned."
    )


def _unsure(map_: Evidence) -> tuple[str, ...]:
    if map_.area.whole >= UNSURE:
        return ()
    return (f"The network itself is unsure: it gives this class {map_.area.whole:.0%}.",)


def _listed(names: Sequence[str], conjunction: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def _its(group: Sequence[Evidence]) -> str:
    return "their" if len(group) > 1 else "its"
