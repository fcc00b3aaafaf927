"""When an answer breaks: the first step at which the top class is another one."""

from dataclasses import dataclass

import numpy as np

from core import predict
from core.corruptions import DialAnswers
from core.zoo import Card


@dataclass(frozen=True)
class BrokenAnswer:
    """A network's answers over the steps of a dial.

    Attributes:
        first: The network's answer to the unchanged picture.
        probabilities: Probability of this class at each step.
        step: The first step with another answer; None if it holds.
        other: That other answer; empty if it holds.
        certainty: The other answer's probability.
    """

    first: str
    probabilities: np.ndarray
    step: int | None
    other: str
    certainty: float


def broken_answer(card: Card, answers: DialAnswers) -> BrokenAnswer:
    """Return when a network's answer breaks.

    Args:
        card: The network's card.
        answers: Its answers.
    """
    probabilities = predict.softmax(answers.logits)
    top = probabilities.argmax(1)
    changed = np.flatnonzero(top != top[0])
    step = int(changed[0]) if len(changed) else None
    other = card.labels[top[step]] if step is not None else ""
    certainty = float(probabilities[step].max()) if step is not None else 0.0
    return BrokenAnswer(card.labels[top[0]], probabilities[:, top[0]], step, other, certainty)
