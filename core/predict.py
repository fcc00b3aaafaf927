"""Predictions: logits, softmax, the most probable classes, and rankings compared by label."""

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

# This many pictures fit into the device's memory in one batch, with any network.
SMALL_BATCH = 4

Logits = Float[np.ndarray, " classes"]


class NoClassifier(ZooscopeError):
    """The network has no classes."""


@dataclass(frozen=True)
class Prediction:
    """A class in a ranking.

    Attributes:
        label: Name of the class.
        index: Index of the class among the network's classes.
        probability: Softmax probability, 0 to 1.
    """

    label: str
    index: int
    probability: float


@dataclass(frozen=True)
class Scores:
    """The output of a network for several pictures.

    Attributes:
        logits: One row per picture.
        seconds: Duration of the forward pass per picture.
    """

    logits: Float[np.ndarray, "n classes"]
    seconds: Float[np.ndarray, " n"]


def top_classes(m: Model, imgs: Sequence[Image.Image], k: int = 5) -> list[list[Prediction]]:
    """Return the k most probable classes of each picture, best first.

    Raises:
        NoClassifier: The network has no classes.
    """
    return [ranking(row, m.labels, k) for row in scores(m, imgs).logits]


def scores(m: Model, imgs: Sequence[Image.Image]) -> Scores:
    """Compute the logits of each picture. See `scores_steps`."""
    return drain(scores_steps(m, imgs))


def scores_steps(m: Model, imgs: Sequence[Image.Image]) -> Steps[Scores]:
    """Compute the logits of each picture and measure the time; a step is a picture.

    Raises:
        NoClassifier: The network has no classes.
    """
    require_classes(m.card)
    logits: list[np.ndarray] = []
    seconds: list[np.ndarray] = []
    for batch in _batches(m, imgs):
        yield Progress(sum(len(rows) for rows in logits), len(imgs))
        x = m.preprocess(batch)
        with m.borrow() as net, torch.inference_mode():
            start = time.perf_counter()
            output = m.in_batches(net, x).float().cpu().numpy()
            duration = time.perf_counter() - start
        logits.append(output)
        seconds.append(np.full(len(batch), duration / len(batch), np.float32))
    if not logits:
        return Scores(np.empty((0, len(m.labels)), np.float32), np.empty(0, np.float32))
    return Scores(np.concatenate(logits), np.concatenate(seconds))


def require_classes(card: Card) -> None:
    """Raise an error if a network has no classes.

    Raises:
        NoClassifier: The network has no classes; the message says what it can be used for.
    """
    if not card.labels:
        raise NoClassifier(
            f"{card.title} has no named classes: its weights were trained to compute features, not"
            " to classify. You can inspect its layers; for predictions choose a model whose"
            " “classes” on the Models page are not 0."
        )


def softmax(logits: Float[np.ndarray, "*n classes"], temperature: float = 1.0) -> np.ndarray:
    """Convert logits to probabilities.

    Args:
        logits: Logits of any shape, classes last.
        temperature: Above 0. Below 1 sharpens the distribution, above 1 flattens it; the order of
            classes never changes (Hinton et al. 2015, arXiv 1503.02531, equation 1).

    Raises:
        ValueError: The temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}; choose a value above 0.")
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def ranking(
    logits: Logits,
    labels: Sequence[str],
    k: int = 5,
    temperature: float = 1.0,
) -> list[Prediction]:
    """Return the k most probable classes of one picture, best first; ties keep the class order."""
    probabilities = softmax(logits, temperature)
    best = np.argsort(-probabilities, kind="stable")[:k]
    return [Prediction(labels[index], int(index), float(probabilities[index])) for index in best]


@dataclass(frozen=True)
class RankingComparison:
    """What several networks' rankings of one picture have in common.

    Attributes:
        top: The most probable label of each network, by network.
        unanimous: Whether all networks have the same most probable label.
        shared: Labels in all rankings, in the order of the first ranking.
        unique: Labels that only one network's ranking contains, by network.
    """

    top: dict[str, str]
    unanimous: bool
    shared: list[str]
    unique: dict[str, list[str]]


def compare_rankings(rankings: dict[str, list[Prediction]]) -> RankingComparison:
    """Compare several networks' rankings of one picture.

    Classes are compared by label, because networks have different sets of classes.

    Args:
        rankings: Rankings by network, best first; at least one, and each with at least one class.
    """
    labels = {name: [p.label for p in ranked] for name, ranked in rankings.items()}
    first = next(iter(labels.values()))
    top = {name: ranked[0] for name, ranked in labels.items()}
    unique = {}
    for name, ranked in labels.items():
        elsewhere = {label for other in labels if other != name for label in labels[other]}
        unique[name] = [label for label in ranked if label not in elsewhere]
    return RankingComparison(
        top=top,
        unanimous=len(set(top.values())) == 1,
        shared=[label for label in first if all(label in ranked for ranked in labels.values())],
        unique=unique,
    )


def probability_table(
    logits: Mapping[str, Logits],
    labels: Mapping[str, Sequence[str]],
    rankings: Mapping[str, Sequence[Prediction]],
    temperature: float = 1.0,
) -> pd.DataFrame:
    """Return every network's probability of each class that is in some network's ranking.

    Args:
        logits: Logits of one picture by network.
        labels: Names of all classes by network.
        rankings: Rankings by network; their classes become the rows.
        temperature: As in `softmax`.

    Returns:
        One row per class, the highest probability in any network first; one column per network.
        NaN where a network has no class of that name; if it has several, the most probable counts.
    """
    columns = {}
    for name, row in logits.items():
        by_label: dict[str, float] = {}
        for label, probability in zip(labels[name], softmax(row, temperature), strict=True):
            by_label[label] = max(probability, by_label.get(label, 0.0))
        columns[name] = by_label
    ranked = dict.fromkeys(p.label for predictions in rankings.values() for p in predictions)
    table = pd.DataFrame(
        {name: [by_label.get(label) for label in ranked] for name, by_label in columns.items()},
        index=pd.Index(list(ranked), name="class"),
        dtype=float,
    )
    return table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]


def _batches(m: Model, imgs: Sequence[Image.Image]) -> Iterator[Sequence[Image.Image]]:
    """Split pictures into batches that fit into the device's memory."""
    # `m.batch_size` lists the network's layers first; for a few pictures that would take too long.
    size = m.batch_size if len(imgs) > SMALL_BATCH else SMALL_BATCH
    for start in range(0, len(imgs), size):
        yield imgs[start : start + size]
