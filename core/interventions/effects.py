"""How much each factor changes a network's answers, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.intervals import Interval, mean_interval
from core.interventions.answers import Answers
from core.interventions.factors import FACTORS


@dataclass(frozen=True)
class Effect:
    """What changing one factor does to the answers.

    Attributes:
        factor: Key of the factor.
        change: Mean absolute change of the probability of the scene's own class, 0 to 1.
        flips: Share of the scenes whose top class changes.
    """

    factor: str
    change: Interval
    flips: Interval


def effects(answers: Answers, classes: Sequence[str] | None = None) -> list[Effect]:
    """Return the effect of each factor, the largest first.

    Args:
        answers: The network's answers.
        classes: Only scenes of these classes; None: all.

    Raises:
        ValueError: There are no scenes of these classes.
    """
    rows = [
        row for row, name in enumerate(answers.pairs.classes) if classes is None or name in classes
    ]
    if not rows:
        raise ValueError("There are no scenes of these classes.")
    own = answers.own[rows]
    before = answers.before[rows]
    found = []
    for key, after in zip(FACTORS, answers.after[:, rows], strict=True):
        change = np.abs(_at(after, own) - _at(before, own))
        flips = after.argmax(1) != before.argmax(1)
        found.append(Effect(key, mean_interval(change), mean_interval(flips.astype(float))))
    return sorted(found, key=lambda effect: -effect.change.mean)


def _at(probabilities: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the probability of a column in each row."""
    return probabilities[np.arange(len(columns)), columns]
