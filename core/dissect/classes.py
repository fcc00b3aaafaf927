"""Which classes drive a unit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.dissect.peaks import Responses


def by_class(responses: Responses, classes: Sequence[str], unit: int) -> pd.DataFrame:
    """A unit's mean peak for each class, strongest first.

    Returns:
        One row a class: mean, and share of the unit's peaks that are above its own 95th percentile
        and belong to the class.
    """
    peak = responses.peak[:, unit]
    strong = peak >= np.quantile(peak, 0.95)
    table = pd.DataFrame({"class": list(classes), "mean": peak, "share": strong / strong.sum()})
    grouped = table.groupby("class", sort=False).agg({"mean": "mean", "share": "sum"})
    return grouped.sort_values("mean", ascending=False, kind="stable")


def selectivity(responses: Responses, classes: Sequence[str]) -> pd.DataFrame:
    """How far each unit prefers one class: 0 for none, 1 for one only.

    Morcos et al. 2018 (arXiv 1803.06959), equation 1, of peaks counted from the unit's least one.

    Returns:
        One row a unit: class and selectivity.
    """
    names = list(dict.fromkeys(classes))
    labels = np.array([names.index(name) for name in classes])
    peak = responses.peak - responses.peak.min(axis=0)
    means = np.stack([peak[labels == index].mean(axis=0) for index in range(len(names))])
    best = means.argmax(axis=0)
    most = means.max(axis=0)
    others = (means.sum(axis=0) - most) / max(1, len(names) - 1)
    index = (most - others) / np.maximum(most + others, 1e-9)
    return pd.DataFrame({"class": [names[b] for b in best], "selectivity": index})
