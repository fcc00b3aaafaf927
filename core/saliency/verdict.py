"""How far to trust a network's saliency maps of a picture, in one sentence.

Two tests ask the network itself: does the probability of the class fall when the strongest pixels
of a map turn grey, and does it come back when only these pixels are sharp? Scattered grey pixels
lower the probability of almost any network, also where they lie at random, so the first test alone
proves nothing. Maps that pass both and agree with each other are believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float

from core.saliency.evaluate import Evaluation, rank_agreement

# Share of the pixels that counts as a map's area.
AREA = 0.2
# Share of the probability that has to go without the area, and to come back with it alone. On the
# blurred picture, 20 % of the pixels at random brought back less than a tenth (four photographs).
HALF = 0.5
# Maps agree from this rank correlation on. Class activation maps of one network reach 0.8 to 0.99,
# a gradient and a class activation map 0.2 to 0.6.
AGREEMENT = 0.5
# From this similarity to the map of a network with shuffled weights on, a map is partly a drawing
# of the picture.
WEAK_SANITY = 0.5
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
        scores: Its insertion and deletion curves, those of one picture.
        sanity: Its rank correlation with the map of the network with shuffled weights; None where
            this check was not run.
    """

    method: str
    map: Float[np.ndarray, "h w"]
    scores: Evaluation
    sanity: float | None = None

    @property
    def probability(self) -> float:
        """The class's probability for the whole picture."""
        return float(self.scores.deletion[0, 0])

    @property
    def without(self) -> float:
        """The probability once the map's area is grey."""
        return _at_area(self.scores.deletion[0])

    @property
    def alone(self) -> float:
        """The probability where only the map's area is sharp and the rest is blurred."""
        return _at_area(self.scores.insertion[0])

    @property
    def needed(self) -> bool:
        """Whether the probability falls by half without the area."""
        return self.without <= HALF * self.probability

    @property
    def enough(self) -> bool:
        """Whether the area alone brings half of the probability back."""
        return self.alone >= HALF * self.probability

    @property
    def weak(self) -> bool:
        """Whether the map hardly depends on the weights, as far as that is known."""
        return self.sanity is not None and abs(self.sanity) >= WEAK_SANITY


@dataclass(frozen=True)
class Verdict:
    """How far to trust a network's maps of a picture.

    Attributes:
        trust: In one word.
        methods: Names of the methods whose maps to believe; with care where trust is limited.
        sentence: Why, with the probabilities.
        notes: Sentences on what else to know, such as a weak sanity check.
    """

    trust: Trust
    methods: tuple[str, ...]
    sentence: str
    notes: tuple[str, ...] = ()


def judge_maps(maps: Sequence[Evidence]) -> Verdict:
    """Return how far to trust the maps of one network, one picture and one class.

    Args:
        maps: The map of each method; the more methods, the more the verdict says.
    """
    shown = [each for each in maps if np.ptp(each.map) > 0]
    if not shown:
        return Verdict(Trust.NONE, (), "No map shows anything that supports the class.")
    if shown[0].scores.insertion[0, 0] >= HALF * shown[0].probability:
        verdict = _judge_by_removal(shown)
    elif passing := [each for each in shown if each.needed and each.enough]:
        verdict = _judge_passing(passing)
    else:
        verdict = _judge_failing(shown)
    believed = [each for each in shown if each.method in verdict.methods]
    notes = (*map(_sanity_note, filter(lambda each: each.weak, believed)), *_unsure(shown[0]))
    return Verdict(verdict.trust, verdict.methods, verdict.sentence, notes)


def _judge_passing(passing: Sequence[Evidence]) -> Verdict:
    """Judge maps that pass both tests: believe those that agree with each other."""
    group, correlation = _largest_agreeing(passing)
    methods = tuple(each.method for each in group)
    names = _listed(methods)
    tests = (
        f"removing {_its(group)} area lowers the probability from"
        f" {group[0].probability:.2f} to {max(each.without for each in group):.2f}, and this area"
        f" alone brings back {min(each.alone for each in group):.2f}"
    )
    if len(group) > 1 and not all(each.weak for each in group):
        return Verdict(Trust.HIGH, methods, f"{names} agree: {tests}. Believe them here.")
    if len(group) > 1:
        return Verdict(Trust.LIMITED, methods, f"{names} agree: {tests}. Believe them with care.")
    if len(passing) == 1:
        return Verdict(
            Trust.LIMITED,
            methods,
            f"Only {names} passes both tests: {tests}. Believe it with care.",
        )
    others = tuple(each.method for each in passing)
    return Verdict(
        Trust.LIMITED, others,
        f"{_listed(others)} each pass both tests but show different places (rank correlation"
        f" at most {correlation:.2f}). Compare them before you believe one.",
    )  # fmt: skip


def _judge_by_removal(shown: Sequence[Evidence]) -> Verdict:
    """Judge maps where the blurred picture is recognised, so that only removal tells them apart."""
    blurred, whole = float(shown[0].scores.insertion[0, 0]), shown[0].probability
    start = (
        f"A blurred copy of the picture already gets {blurred:.2f} of {whole:.2f}, so sharp details"
        " matter little"
    )
    needed = [each for each in shown if each.needed]
    if not needed:
        least = min(each.without for each in shown)
        return Verdict(
            Trust.NONE, (),
            f"{start}. Without the marked areas the network still gives at least {least:.2f}: no"
            " single area explains its answer.",
        )  # fmt: skip
    group, _ = _largest_agreeing(needed)
    methods = tuple(each.method for each in group)
    return Verdict(
        Trust.LIMITED, methods,
        f"{start}; removing the area of {_listed(methods)} lowers it to"
        f" {max(each.without for each in group):.2f}. Believe {_it(group)} with care.",
    )  # fmt: skip


def _judge_failing(shown: Sequence[Evidence]) -> Verdict:
    """Judge maps when none of them passes both tests; name tests that contradict each other."""
    best = max(shown, key=lambda each: each.alone)
    whole = best.probability
    if best.enough:
        return Verdict(
            Trust.LIMITED, (best.method,),
            f"The scores contradict each other: the area of {best.method} alone brings back"
            f" {best.alone:.2f} of {whole:.2f}, but without it the probability is still"
            f" {best.without:.2f}. The network uses other places too. Believe it with care.",
        )  # fmt: skip
    lowest = min(shown, key=lambda each: each.without)
    if lowest.needed:
        return Verdict(
            Trust.NONE, (),
            f"The scores contradict each other: removing the area of {lowest.method} lowers the"
            f" probability from {whole:.2f} to {lowest.without:.2f}, but no area alone brings back"
            f" more than {best.alone:.2f}. Believe no map here.",
        )  # fmt: skip
    return Verdict(
        Trust.NONE, (),
        f"No map passes a test: without its area the probability is still {lowest.without:.2f} of"
        f" {whole:.2f}, and no area alone brings back more than {best.alone:.2f}. Believe no map"
        " here.",
    )  # fmt: skip


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
    if map_.probability >= UNSURE:
        return ()
    return (f"The network itself is unsure: it gives this class {map_.probability:.2f}.",)


def _at_area(curve: Float[np.ndarray, " steps"]) -> float:
    return float(np.interp(AREA, np.linspace(0, 1, len(curve)), curve))


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _its(group: Sequence[Evidence]) -> str:
    return "their" if len(group) > 1 else "its"


def _it(group: Sequence[Evidence]) -> str:
    return "them" if len(group) > 1 else "it"
