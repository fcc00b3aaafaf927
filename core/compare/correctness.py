"""The one rule for whether a prediction is right, shared by accuracy figures and pages."""

from collections.abc import Sequence
from enum import StrEnum


class Correctness(StrEnum):
    """Whether a network's prediction for a picture is right.

    Attributes:
        RIGHT: The predicted label and the true label have the same name.
        WRONG: They have different names.
        UNKNOWN: The picture has no true label, or the network has no class of that name, so that
            it cannot be right.
    """

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


def judge(
    predicted_labels: Sequence[str], true_labels: Sequence[str], class_names: Sequence[str]
) -> list[Correctness]:
    """Judge a network's predictions for several pictures.

    Labels are compared by `normalise_label`. If several classes have one name (ImageNet has two
    classes "crane"), each of them is right.

    Args:
        predicted_labels: The predicted label of each picture.
        true_labels: The true label of each picture; empty if it has none.
        class_names: Names of all classes of the network.
    """
    known = {normalise_label(name) for name in class_names}
    return [
        _judge_normalised(normalise_label(predicted), normalise_label(true), known)
        for predicted, true in zip(predicted_labels, true_labels, strict=True)
    ]


def judge_prediction(
    predicted_label: str, true_label: str, class_names: Sequence[str]
) -> Correctness:
    """Judge a network's prediction for one picture, as `judge` does for several."""
    return judge([predicted_label], [true_label], class_names)[0]


def unknown_labels(labels: Sequence[str], class_names: Sequence[str]) -> list[str]:
    """Return the labels for which a network has no class, in their order.

    Args:
        labels: Labels of pictures; empty ones are left out.
        class_names: Names of all classes of the network.
    """
    known = {normalise_label(name) for name in class_names}
    return [label for label in labels if label and normalise_label(label) not in known]


def normalise_label(label: str) -> str:
    """Return a label in the form in which labels are compared: "sports_car" as "sports car".

    Case, underscores and repeated spaces do not matter, because sub-folders of picture sets are
    named both "sports_car" and "Sports car".
    """
    return " ".join(label.replace("_", " ").split()).casefold()


def _judge_normalised(predicted: str, true: str, known: set[str]) -> Correctness:
    if not true or true not in known:
        return Correctness.UNKNOWN
    return Correctness.RIGHT if predicted == true else Correctness.WRONG
