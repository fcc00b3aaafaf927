"""Agreement: for which pictures do networks predict the same class?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from core.arguments import require_equal_counts
from core.compare.correctness import normalise_label
from core.predict import softmax


@dataclass(frozen=True)
class TopPredictions:
    """A network's most probable class for each picture of a set.

    Attributes:
        labels: Names of the classes.
        probability: Their softmax probabilities, 0 to 1.
    """

    labels: tuple[str, ...]
    probability: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Disagreement:
    """A picture for which networks predict different classes.

    Attributes:
        index: Index of the picture.
        labels: The predicted label by network.
    """

    index: int
    labels: dict[str, str]


def top_class(
    logits: Float[np.ndarray, "n classes"],
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the index and the softmax probability of each picture's most probable class."""
    best = logits.argmax(axis=1)
    probability = softmax(logits).max(axis=1)
    return best, probability.astype(np.float32)


def agreement_matrix(predictions: Mapping[str, TopPredictions]) -> pd.DataFrame:
    """Compute for each pair of networks the share of pictures with the same predicted label.

    Labels are compared by name, so that networks with different sets of classes can be compared.

    Args:
        predictions: Predictions for the same pictures, by network.

    Returns:
        One row and one column per network, 0 to 1; 1 on the diagonal; NaN without pictures.

    Raises:
        BadArgument: The networks have predictions for different numbers of pictures.
    """
    _require_same_pictures(predictions)
    labels = {
        name: np.array([normalise_label(label) for label in top.labels], object)
        for name, top in predictions.items()
    }
    shares = {
        column: {
            row: float(np.mean(column_labels == row_labels)) if len(column_labels) else np.nan
            for row, row_labels in labels.items()
        }
        for column, column_labels in labels.items()
    }
    return pd.DataFrame(shares, index=pd.Index(list(labels)))


def disagreements(predictions: Mapping[str, TopPredictions]) -> list[Disagreement]:
    """List the pictures for which not all networks predict the same label.

    Args:
        predictions: Predictions for the same pictures, by network.

    Returns:
        The pictures in order of decreasing mean probability of the predicted classes.

    Raises:
        BadArgument: The networks have predictions for different numbers of pictures.
    """
    _require_same_pictures(predictions)
    if not predictions:
        return []
    mean_probability = np.mean([top.probability for top in predictions.values()], axis=0)
    differing = []
    for index in np.argsort(-mean_probability, kind="stable").tolist():
        labels = {name: top.labels[index] for name, top in predictions.items()}
        if len({normalise_label(label) for label in labels.values()}) > 1:
            differing.append(Disagreement(index, labels))
    return differing


def _require_same_pictures(predictions: Mapping[str, TopPredictions]) -> None:
    require_equal_counts(
        **{f"predictions of {name}": top.labels for name, top in predictions.items()}
    )
