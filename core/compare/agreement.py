"""What networks say of a set of pictures: where they agree, and which are right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from core.compare.calibration import Reliability, reliability
from core.errors import ZooscopeError
from core.predict import softmax

# In a confusion table: every class that no picture of the set shows.
OTHER = "another class"


class NotScored(ZooscopeError):
    """It can't be said how often a network is right; the message says why."""


@dataclass(frozen=True)
class Verdicts:
    """A network's top class for each picture of a set.

    Attributes:
        labels: Its name.
        probability: Its softmax probability, 0 to 1.
    """

    labels: tuple[str, ...]
    probability: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Disagreement:
    """A picture of which networks say different things.

    Attributes:
        index: Of the picture.
        labels: What each says, by network.
        probabilities: How sure it is.
    """

    index: int
    labels: dict[str, str]
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Marks:
    """How often a network is right.

    Attributes:
        accuracy: Share of the labelled pictures whose top class is right.
        by_class: One row a class: pictures and accuracy, the worst first.
        confusion: Pictures, one row a class that they show, one column a class that was said.
        calibration: How sure it was, and how often right.
    """

    accuracy: float
    by_class: pd.DataFrame
    confusion: pd.DataFrame
    calibration: Reliability


def top(
    logits: Float[np.ndarray, "n classes"],
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Number and probability of each picture's top class."""
    best = logits.argmax(axis=1)
    probability = softmax(logits).max(axis=1)
    return best, probability.astype(np.float32)


def agreement(verdicts: Mapping[str, Verdicts]) -> pd.DataFrame:
    """Share of the pictures of which each two networks say the same.

    Classes are compared by name, so that networks of other class sets compare too.

    Args:
        verdicts: By network, of the same pictures.

    Returns:
        One row and one column a network, 0 to 1; 1 on the diagonal, NaN without pictures.
    """
    said = {name: np.array([plain(label) for label in one.labels], object)
            for name, one in verdicts.items()}  # fmt: skip
    shares = {
        name: {other: float(np.mean(own == theirs)) if len(own) else np.nan
               for other, theirs in said.items()}
        for name, own in said.items()
    }  # fmt: skip
    return pd.DataFrame(shares, index=pd.Index(list(said)))


def disagreements(verdicts: Mapping[str, Verdicts]) -> list[Disagreement]:
    """The pictures of which not all networks say the same, those first of which they are surest."""
    names = list(verdicts)
    sure = np.mean([one.probability for one in verdicts.values()], axis=0) if names else np.empty(0)
    found = []
    for index in np.argsort(-sure, kind="stable").tolist():
        labels = {name: verdicts[name].labels[index] for name in names}
        if len({plain(label) for label in labels.values()}) > 1:
            probabilities = {name: float(verdicts[name].probability[index]) for name in names}
            found.append(Disagreement(index, labels, probabilities))
    return found


def marks(verdicts: Verdicts, truth: Sequence[str], classes: Sequence[str]) -> Marks:
    """How often a network is right, by class, and how well it knows.

    Labels are matched by name, whatever their case; where several classes have one name (ImageNet
    has two cranes), each of them is right. Pictures without a label are left out.

    Args:
        verdicts: What it says.
        truth: What each picture shows; empty where nobody said.
        classes: The names of all its classes.

    Raises:
        NotScored: No picture has a label, or the network has no class of some label's name.
    """
    labelled = [index for index, label in enumerate(truth) if label]
    if not labelled:
        raise NotScored("No picture of this set has a label; choose a set whose pictures have.")
    _check_known([truth[index] for index in labelled], classes)
    shown = {plain(label): label for label in reversed(truth) if label}
    true = pd.Series([shown[plain(truth[index])] for index in labelled], name="shows")
    said = pd.Series(
        [shown.get(plain(verdicts.labels[index]), OTHER) for index in labelled], name="said"
    )
    right = (true == said).to_numpy()
    return Marks(
        accuracy=float(right.mean()),
        by_class=_by_class(true, right),
        confusion=_confusion(true, said),
        calibration=reliability(verdicts.probability[labelled], right),
    )


def plain(label: str) -> str:
    """A label as names are compared: sub-folders are called sports_car or Sports car."""
    return " ".join(label.replace("_", " ").split()).casefold()


def _check_known(truth: Sequence[str], classes: Sequence[str]) -> None:
    known = {plain(label) for label in classes}
    missing = [label for label, _ in Counter(truth).most_common() if plain(label) not in known]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise NotScored(
            f"It has no class called {', '.join(missing[:3])}{more}, so it can't be right about"
            " those pictures and is not scored. Name the labels as the network names its classes,"
            " or choose a network that knows them."
        )


def _by_class(true: pd.Series, right: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame({"class": true, "accuracy": right})
    grouped = table.groupby("class")["accuracy"].agg(["size", "mean"])
    grouped.columns = pd.Index(["pictures", "accuracy"])
    return grouped.sort_values("accuracy", kind="stable")


def _confusion(true: pd.Series, said: pd.Series) -> pd.DataFrame:
    names = sorted(set(true))
    columns = [*names, OTHER] if OTHER in set(said) else names
    return pd.crosstab(true, said).reindex(index=names, columns=columns, fill_value=0)
