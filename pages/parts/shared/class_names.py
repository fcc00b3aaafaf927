"""Names of a network's classes, such that each name means one class."""

from collections import Counter

import numpy as np

from core.predict import Logits
from core.zoo import Card


def class_indices(card: Card) -> dict[str, int]:
    """Return the indices of a network's classes by name.

    Where two classes have the same name, the index is part of the name.
    """
    counts = Counter(card.labels)
    return {
        label if counts[label] == 1 else f"{label} ({index})": index
        for index, label in enumerate(card.labels)
    }


def ranked_classes(card: Card, logits: Logits | None) -> dict[str, int]:
    """Return the indices of a network's classes by name, the most probable classes first.

    Args:
        card: The network's card.
        logits: Its logits for a picture; where None, the classes are in alphabetical order.
    """
    indices = class_indices(card)
    if logits is None:
        return dict(sorted(indices.items(), key=lambda item: item[0].casefold()))
    rank = np.argsort(np.argsort(-logits, kind="stable"))
    return dict(sorted(indices.items(), key=lambda item: rank[item[1]]))
