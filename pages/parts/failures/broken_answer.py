"""When an answer breaks: the first step at which the top class is not the right one any more."""

from dataclasses import dataclass

import numpy as np

from core import predict
from core.corruptions import DialAnswers
from core.zoo import Card


@dataclass(frozen=True)
class BrokenAnswer:
    """A network's answers over the steps of a dial.

    Attributes:
        said: The answer to the unchanged picture.
        followed: The classes that are followed: the right ones, or the first answer.
        probabilities: Its probability at each step; the sum where several classes are right.
        step: The first step with another answer; None if it holds, 0 if it is wrong at once.
        other: That other answer; empty if it holds.
        certainty: The other answer's probability.
        class_index: Index of the followed class; of several, the most probable one at first.
    """

    said: str
    followed: tuple[str, ...]
    probabilities: np.ndarray
    step: int | None
    other: str
    certainty: float
    class_index: int


def broken_answer(
    card: Card, answers: DialAnswers, accepted: np.ndarray | None = None
) -> BrokenAnswer:
    """Return when a network's answer breaks.

    Args:
        card: The network's card.
        answers: Its answers.
        accepted: Which classes are right; None: the first answer is.
    """
    probabilities = predict.softmax(answers.logits)
    top = probabilities.argmax(1)
    if accepted is None:
        accepted = np.arange(probabilities.shape[1]) == top[0]
    broken = np.flatnonzero(~accepted[top])
    step = int(broken[0]) if len(broken) else None
    other = card.labels[top[step]] if step is not None else ""
    certainty = float(probabilities[step].max()) if step is not None else 0.0
    likeliest = int(np.where(accepted, probabilities[0], -1).argmax())
    return BrokenAnswer(
        said=card.labels[top[0]],
        followed=tuple(card.labels[index] for index in np.flatnonzero(accepted)),
        probabilities=probabilities[:, accepted].sum(1),
        step=step,
        other=other,
        certainty=certainty,
        class_index=likeliest,
    )
