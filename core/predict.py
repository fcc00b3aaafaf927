"""What a network says a picture is: logits, softmax, top classes, and who agrees with whom."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from PIL import Image

from core.errors import ZooscopeError
from core.steps import Progress, Steps, drain
from core.zoo import Card, Model

# Pictures that go through any network together.
FEW = 4

Logits = Float[np.ndarray, " classes"]


class NoClassifier(ZooscopeError):
    """The network gives no classes."""


@dataclass(frozen=True)
class Prediction:
    """One class of a ranking.

    Attributes:
        label: Its name.
        index: Its number among the model's classes.
        probability: Its softmax probability, 0 to 1.
    """

    label: str
    index: int
    probability: float


@dataclass(frozen=True)
class Scores:
    """What a network gave for some pictures.

    Attributes:
        logits: One row a picture.
        seconds: Time of the forward pass for each picture.
    """

    logits: Float[np.ndarray, "n classes"]
    seconds: Float[np.ndarray, " n"]


def top_classes(m: Model, imgs: Sequence[Image.Image], k: int = 5) -> list[list[Prediction]]:
    """The k most probable classes of each picture, best first.

    Raises:
        NoClassifier: The network gives no classes.
    """
    return [ranking(row, m.labels, k) for row in scores(m, imgs).logits]


def scores(m: Model, imgs: Sequence[Image.Image]) -> Scores:
    """The logits of each picture, and how long they took. See `scores_steps`."""
    return drain(scores_steps(m, imgs))


def scores_steps(m: Model, imgs: Sequence[Image.Image]) -> Steps[Scores]:
    """The logits of each picture, and how long they took; a step is a picture.

    Raises:
        NoClassifier: The network gives no classes.
    """
    require_classes(m.card)
    logits: list[np.ndarray] = []
    seconds: list[np.ndarray] = []
    for batch in _batches(m, imgs):
        yield Progress(sum(len(rows) for rows in logits), len(imgs))
        x = m.preprocess(batch)
        with m.borrow() as net, torch.inference_mode():
            start = time.perf_counter()
            output = net(x).float().cpu().numpy()
            took = time.perf_counter() - start
        logits.append(output)
        seconds.append(np.full(len(batch), took / len(batch), np.float32))
    if not logits:
        return Scores(np.empty((0, len(m.labels)), np.float32), np.empty(0, np.float32))
    return Scores(np.concatenate(logits), np.concatenate(seconds))


def require_classes(card: Card) -> None:
    """Refuse a model that gives no classes.

    Raises:
        NoClassifier: With what it can be used for.
    """
    if not card.labels:
        raise NoClassifier(
            f"{card.title} has no named classes: its weights were made for features, not for"
            " naming what is seen. Its layers can be looked into; for predictions choose a model"
            " whose “classes” on the Models page are not 0."
        )


def softmax(logits: Float[np.ndarray, "*n classes"], temperature: float = 1.0) -> np.ndarray:
    """Probabilities from logits.

    Args:
        logits: Scores, any shape; classes last.
        temperature: Above 0. Below 1 sharpens, above 1 flattens; the order never changes
            (Hinton et al. 2015, arXiv 1503.02531, equation 1).

    Raises:
        ValueError: The temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}; it has to be above 0.")
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def ranking(
    logits: Logits,
    labels: Sequence[str],
    k: int = 5,
    temperature: float = 1.0,
) -> list[Prediction]:
    """The k most probable classes of one picture, best first."""
    probabilities = softmax(logits, temperature)
    best = np.argsort(-probabilities, kind="stable")[:k]
    return [Prediction(labels[index], int(index), float(probabilities[index])) for index in best]


@dataclass(frozen=True)
class Agreement:
    """Where rankings of several models agree.

    Attributes:
        top: What each says, by model.
        unanimous: All say the same.
        shared: Labels in every ranking, in the first one's order.
        alone: By model, the labels that only it has.
    """

    top: dict[str, str]
    unanimous: bool
    shared: list[str]
    alone: dict[str, list[str]]


def agreement(rankings: dict[str, list[Prediction]]) -> Agreement:
    """Compare rankings of one picture by label, so that models of other class sets compare too.

    Args:
        rankings: By model, best first; at least one model, each with at least one class.
    """
    labels = {model: [p.label for p in ranked] for model, ranked in rankings.items()}
    first = next(iter(labels.values()))
    top = {model: ranked[0] for model, ranked in labels.items()}
    return Agreement(
        top=top,
        unanimous=len(set(top.values())) == 1,
        shared=[label for label in first if all(label in other for other in labels.values())],
        alone={
            model: [
                label
                for label in ranked
                if not any(label in other for name, other in labels.items() if name != model)
            ]
            for model, ranked in labels.items()
        },
    )


def side_by_side(
    logits: Mapping[str, Logits],
    labels: Mapping[str, Sequence[str]],
    rankings: Mapping[str, Sequence[Prediction]],
    temperature: float = 1.0,
) -> pd.DataFrame:
    """What every model gives each class that stands in some model's ranking.

    Returns:
        One row a class, the most probable anywhere first; one column a model, with probabilities;
        NaN where a model does not know the class. Of classes with one name the likeliest counts.
    """
    columns = {}
    for model, row in logits.items():
        known: dict[str, float] = {}
        for label, probability in zip(labels[model], softmax(row, temperature), strict=True):
            known[label] = max(probability, known.get(label, 0.0))
        columns[model] = known
    listed = dict.fromkeys(p.label for ranking in rankings.values() for p in ranking)
    table = pd.DataFrame(
        {model: [known.get(label) for label in listed] for model, known in columns.items()},
        index=pd.Index(list(listed), name="class"),
        dtype=float,
    )
    return table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]


def _batches(m: Model, imgs: Sequence[Image.Image]) -> Iterator[Sequence[Image.Image]]:
    # A few pictures need not wait until the network's layers have been listed.
    size = m.at_once if len(imgs) > FEW else FEW
    for start in range(0, len(imgs), size):
        yield imgs[start : start + size]
