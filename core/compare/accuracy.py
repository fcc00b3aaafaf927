"""Accuracy on labelled pictures: overall, by class, and the confusion matrix."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.arguments import require_equal_counts
from core.compare.agreement import TopPredictions
from core.compare.calibration import Reliability, reliability
from core.compare.correctness import Correctness, judge, normalise_label
from core.errors import ZooscopeError

# Column of a confusion matrix for predicted classes that are no picture's true class.
OTHER_CLASS = "another class"


class NotScored(ZooscopeError):
    """A network's accuracy cannot be measured; the message gives the reason."""


@dataclass(frozen=True)
class AccuracyReport:
    """How often a network is right.

    Attributes:
        accuracy: Share of the labelled pictures whose most probable class is right, 0 to 1.
        by_class: One row per class with the columns "pictures" and "accuracy", the lowest accuracy
            first.
        confusion: Confusion matrix: number of pictures, one row per true class, one column per
            predicted class.
        calibration: Accuracy by predicted probability.
    """

    accuracy: float
    by_class: pd.DataFrame
    confusion: pd.DataFrame
    calibration: Reliability


def measure_accuracy(
    predictions: TopPredictions, true_labels: Sequence[str], class_names: Sequence[str]
) -> AccuracyReport:
    """Measure a network's accuracy over the labelled pictures of a set.

    Predictions are judged by `core.compare.correctness.judge`; pictures without a label are left
    out. If the network has no class for some label, it is not scored at all, because its accuracy
    would not be comparable with that of other networks.

    Args:
        predictions: The network's predictions.
        true_labels: The true label of each picture; empty if it has none.
        class_names: Names of all classes of the network.

    Raises:
        NotScored: No picture has a label, or the network has no class for some label.
        BadArgument: There is not one label for each prediction.
    """
    require_equal_counts(predictions=predictions.labels, labels=true_labels)
    labelled = [index for index, label in enumerate(true_labels) if label]
    if not labelled:
        raise NotScored("No picture of this set has a label; choose a set with labels.")
    correctness = judge(predictions.labels, true_labels, class_names)
    _require_known_labels(
        [true_labels[index] for index in labelled if correctness[index] is Correctness.UNKNOWN]
    )
    # The first spelling of each true label names it in the tables.
    spellings = {normalise_label(label): label for label in reversed(true_labels) if label}
    true = [spellings[normalise_label(true_labels[index])] for index in labelled]
    predicted = [
        spellings.get(normalise_label(predictions.labels[index]), OTHER_CLASS) for index in labelled
    ]
    right = np.array([correctness[index] is Correctness.RIGHT for index in labelled])
    return AccuracyReport(
        accuracy=float(right.mean()),
        by_class=_accuracy_by_class(true, right),
        confusion=_confusion_matrix(true, predicted),
        calibration=reliability(predictions.probability[labelled], right),
    )


def best_share(shares: Mapping[str, float], same: float) -> str | None:
    """Return the network with the largest share; None where another one is about as good.

    Args:
        shares: Shares by network, 0 to 1; at least two.
        same: Largest difference that does not count.
    """
    best, second = sorted(shares, key=lambda name: -shares[name])[:2]
    return best if shares[best] - shares[second] > same else None


def _require_known_labels(unknown: Sequence[str]) -> None:
    """Raise `NotScored` if there are labels for which the network has no class."""
    if not unknown:
        return
    names = [label for label, _ in Counter(unknown).most_common()]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    raise NotScored(
        f"The network has no class called {', '.join(names[:3])}{more}, so it cannot be right about"
        " those pictures and is not scored. Rename the labels to the network's class names, or"
        " choose a network that has these classes."
    )


def _accuracy_by_class(true: Sequence[str], right: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame({"class": true, "accuracy": right})
    grouped = table.groupby("class")["accuracy"].agg(["size", "mean"])
    grouped.columns = pd.Index(["pictures", "accuracy"])
    return grouped.sort_values("accuracy", kind="stable")


def _confusion_matrix(true: Sequence[str], predicted: Sequence[str]) -> pd.DataFrame:
    names = sorted(set(true))
    columns = [*names, OTHER_CLASS] if OTHER_CLASS in predicted else names
    counts = pd.crosstab(
        pd.Series(true, name="true class"), pd.Series(predicted, name="predicted class")
    )
    return counts.reindex(index=names, columns=columns, fill_value=0)
