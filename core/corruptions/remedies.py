"""What helps a network that fails: temperature scaling and abstaining, judged on other pictures."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from core.compare import (
    Reliability,
    RiskCoverage,
    TooFewPictures,
    chance_ece,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    risk_coverage,
)
from core.corruptions.set_answers import JudgedAnswers
from core.corruptions.severity import ece_interval
from core.intervals import Interval, bootstrap_interval, share_interval
from core.predict import softmax

# The fewest pictures in each half of a set.
FEWEST = 8


@dataclass(frozen=True)
class Calibrated:
    """Calibration on the pictures of one half, with some temperature.

    Attributes:
        loss: Negative log-likelihood in nats.
        ece: Expected calibration error.
        by_chance: The error that a perfectly calibrated network would have here by chance.
        diagram: The reliability diagram.
    """

    loss: float
    ece: Interval
    by_chance: float
    diagram: Reliability


@dataclass(frozen=True)
class TemperatureTest:
    """Temperature scaling, fitted on one half of the pictures and judged on the other.

    Attributes:
        temperature: The temperature.
        fitted: Number of pictures that it was fitted on.
        judged: Number of pictures that it was judged on.
        before: Calibration of the other half without it.
        after: Calibration of the other half with it.
    """

    temperature: float
    fitted: int
    judged: int
    before: Calibrated
    after: Calibrated


@dataclass(frozen=True)
class AbstentionTest:
    """Abstaining below a threshold that was chosen on one half and judged on the other.

    Attributes:
        threshold: Least confidence of an answer; None where no threshold has so few errors.
        answered: Share of the other half's pictures that are answered.
        error: Share of wrong answers among them; None where nothing is answered.
        without: Share of wrong answers where everything is answered.
        curve: Risk-coverage curve of the other half.
    """

    threshold: float | None
    answered: Interval
    error: Interval | None
    without: Interval
    curve: RiskCoverage


def first_half(groups: Int[np.ndarray, " n"], seed: int = 0) -> Bool[np.ndarray, " n"]:
    """Return which pictures are in the half that something is fitted on.

    Whole groups are drawn, so that no photograph is in both halves.

    Args:
        groups: The group of each picture.
        seed: Seed of the split.

    Raises:
        TooFewPictures: One of the halves would have too few pictures.
    """
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    chosen = np.isin(groups, order[: len(order) // 2])
    if min(chosen.sum(), (~chosen).sum()) < FEWEST:
        raise TooFewPictures(
            f"This needs two halves of at least {FEWEST} pictures that show different things; these"
            f" are {len(groups)} pictures of {len(order)}. Choose more pictures."
        )
    return chosen


def temperature_test(
    judged: JudgedAnswers, step: int, fitted_step: int = 0, seed: int = 0
) -> TemperatureTest:
    """Fit a temperature on one half of the pictures, and judge it on the other.

    Args:
        judged: A network's answers.
        step: The step at which the other half is judged.
        fitted_step: The step of the pictures that it is fitted on. 0 is what people do: they fit it
            before use. Ovadia et al. 2019 (arXiv 1906.02530) found that it then helps little once
            the pictures become worse.
        seed: Seed of the split.

    Raises:
        TooFewPictures: One of the halves has too few pictures.
    """
    half = first_half(judged.groups, seed)
    temperature = fit_temperature(judged.logits[half, fitted_step], judged.accepted[half])
    logits, accepted = judged.logits[~half, step], judged.accepted[~half]
    _, groups = np.unique(judged.groups[~half], return_inverse=True)
    before, after = (_calibrated(logits, accepted, groups, each) for each in (1.0, temperature))
    return TemperatureTest(temperature, int(half.sum()), int((~half).sum()), before, after)


def abstention_test(
    judged: JudgedAnswers, step: int, accepted_error: float, seed: int = 0
) -> AbstentionTest:
    """Choose the least confidence of an answer on one half, and judge it on the other.

    Geifman and El-Yaniv 2017 (arXiv 1705.08500); without their guarantee, which needs more pictures
    than a page has.

    Args:
        judged: A network's answers.
        step: The step of the pictures of both halves.
        accepted_error: The highest share of wrong answers that is accepted, 0 to 1.
        seed: Seed of the split.

    Raises:
        TooFewPictures: One of the halves has too few pictures.
    """
    half = first_half(judged.groups, seed)
    confidence, right = judged.confidence[:, step], judged.right[:, step]
    threshold = risk_coverage(confidence[half], right[half]).threshold_for(accepted_error)
    confidence, right, groups = confidence[~half], right[~half], judged.groups[~half]
    kept = confidence >= (threshold if threshold is not None else np.inf)
    return AbstentionTest(
        threshold,
        share_interval(kept, groups),
        share_interval(~right[kept], _numbered(groups[kept])) if kept.any() else None,
        share_interval(~right, groups),
        risk_coverage(confidence, right),
    )


def accuracy_gain(
    judged: JudgedAnswers, step: int, logits: Float[np.ndarray, "n classes"]
) -> tuple[Interval, Interval]:
    """Return the accuracy of other answers to the same pictures, and how much higher it is.

    Args:
        judged: A network's answers.
        step: The step whose pictures both got.
        logits: The other answers.
    """
    top = logits.argmax(1)
    right = judged.accepted[np.arange(len(top)), top]
    groups = _numbered(judged.groups)
    sizes = np.bincount(groups)
    gains = np.bincount(groups, right.astype(float) - judged.right[:, step])
    gain = bootstrap_interval(lambda weights: (weights @ gains) / (weights @ sizes), len(sizes))
    return share_interval(right, groups), gain


def _calibrated(
    logits: Float[np.ndarray, "n classes"],
    accepted: Bool[np.ndarray, "n classes"],
    groups: Int[np.ndarray, " n"],
    temperature: float,
) -> Calibrated:
    probability = softmax(logits, temperature)
    confidence = probability.max(1)
    right = accepted[np.arange(len(logits)), logits.argmax(1)]
    return Calibrated(
        negative_log_likelihood(logits, accepted, temperature),
        ece_interval(confidence, right, groups),
        chance_ece(confidence),
        reliability(confidence, right),
    )


def _numbered(groups: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return the groups numbered from 0 without gaps."""
    return np.unique(groups, return_inverse=True)[1]
