"""Accuracy and calibration of networks on a set, by the step of a dial."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from core.compare import BINS
from core.corruptions.set_answers import JudgedAnswers
from core.intervals import Interval, bootstrap_interval, share_interval


@dataclass(frozen=True)
class Severity:
    """How well a network does at one step of a dial.

    Attributes:
        accuracy: Share of right answers.
        ece: Expected calibration error (Guo et al. 2017), with an interval that is corrected for
            what few pictures add to it.
    """

    accuracy: Interval
    ece: Interval


def by_step(judged: JudgedAnswers) -> list[Severity]:
    """Return how well a network does at step 0 to 5 of a dial."""
    steps = range(judged.right.shape[1])
    return [
        Severity(
            share_interval(judged.right[:, step], judged.groups),
            ece_interval(judged.confidence[:, step], judged.right[:, step], judged.groups),
        )
        for step in steps
    ]


def kept_accuracy(judged: JudgedAnswers) -> Interval:
    """Return which share of its accuracy a network keeps: the mean of step 1 to 5 over step 0.

    NaN where no answer to an unchanged picture is right.
    """
    return bootstrap_interval(lambda weights: _kept(judged, weights), _count(judged))


def kept_difference(judged: JudgedAnswers, other: JudgedAnswers) -> Interval:
    """Return how much more of its accuracy a network keeps than another one, on equal pictures."""
    return bootstrap_interval(
        lambda weights: _kept(judged, weights) - _kept(other, weights), _count(judged)
    )


def held_by_one(judged: Mapping[str, JudgedAnswers], step: int) -> list[tuple[int, str]]:
    """Return the pictures for which exactly one network is right at a step, and which one.

    Args:
        judged: Answers to the same pictures, by network.
        step: The step.
    """
    right = np.stack([each.right[:, step] for each in judged.values()])
    names = list(judged)
    rows = np.flatnonzero(right.sum(0) == 1)
    return [(int(row), names[int(right[:, row].argmax())]) for row in rows]


def ece_interval(
    confidence: Float[np.ndarray, " n"], right: np.ndarray, groups: np.ndarray
) -> Interval:
    """Return the expected calibration error and its interval.

    Args:
        confidence: Probability of each picture's most probable class.
        right: Whether it is right.
        groups: The group of each picture.
    """
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.clip(np.digitize(confidence, edges, right=True) - 1, 0, BINS - 1)
    count = int(groups.max()) + 1
    # The gap of a bin times its pictures is a sum over pictures, so that resamples only add sums.
    gaps = np.zeros((count, BINS))
    np.add.at(gaps, (groups, bins), right - confidence)
    sizes = np.bincount(groups, minlength=count)
    found = bootstrap_interval(
        lambda weights: np.abs(weights @ gaps).sum(1) / (weights @ sizes), count
    )
    return Interval(found.mean, max(0.0, found.low), min(1.0, max(found.high, found.low, 0.0)))


def _count(judged: JudgedAnswers) -> int:
    return int(judged.groups.max()) + 1


def _kept(judged: JudgedAnswers, weights: Float[np.ndarray, "r groups"]) -> Float[np.ndarray, " r"]:
    """Return the kept accuracy of each resample."""
    sums = np.zeros((_count(judged), judged.right.shape[1]))
    np.add.at(sums, judged.groups, judged.right.astype(float))
    totals = weights @ sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals[:, 1:].mean(1) / totals[:, 0]
