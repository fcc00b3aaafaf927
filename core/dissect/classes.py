"""Class selectivity: which classes a unit responds to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.arguments import require_equal_counts, require_some
from core.dissect.responses import Responses
from core.visualize.terms import Channel


def responses_by_class(responses: Responses, classes: Sequence[str], unit: int) -> pd.DataFrame:
    """Compute a unit's mean response to each class, strongest class first.

    The response to a picture is the maximum over positions (`Responses.peak`).

    Args:
        responses: The responses of the unit's layer.
        classes: Class name of each picture.
        unit: Channel index.

    Returns:
        One row per class: "mean", the mean response, and "share", the share of the unit's strongest
        5 % of responses that belong to the class.

    Raises:
        BadArgument: There is not one class for each picture.
        NoSuchUnit: There is no such channel.
    """
    require_equal_counts(pictures=responses.peak, classes=classes)
    Channel("the layer", unit).check(responses.peak.shape[1:])
    response = responses.peak[:, unit]
    is_strong = response >= np.quantile(response, 0.95)
    table = pd.DataFrame(
        {"class": list(classes), "mean": response, "share": is_strong / is_strong.sum()}
    )
    grouped = table.groupby("class", sort=False).agg({"mean": "mean", "share": "sum"})
    return grouped.sort_values("mean", ascending=False, kind="stable")


def selectivity(responses: Responses, classes: Sequence[str]) -> pd.DataFrame:
    """Compute the class selectivity index of each unit: 0 for no preference, 1 for a single class.

    Morcos et al. 2018 (arXiv 1803.06959), equation 1. The response to a picture is the maximum over
    positions. The unit's lowest response to any picture is subtracted, because the index is only
    defined for responses of 0 or more.

    Args:
        responses: The responses of a layer.
        classes: Class name of each picture.

    Returns:
        One row per unit: "class", the class with the largest mean response, and "selectivity".

    Raises:
        BadArgument: There are no pictures, or not one class for each.
    """
    require_equal_counts(pictures=responses.peak, classes=classes)
    require_some("pictures", classes)
    names = list(dict.fromkeys(classes))
    labels = np.array([names.index(name) for name in classes])
    above_minimum = responses.peak - responses.peak.min(axis=0)
    means = np.stack([above_minimum[labels == index].mean(axis=0) for index in range(len(names))])
    best = means.argmax(axis=0)
    highest_mean = means.max(axis=0)
    mean_of_others = (means.sum(axis=0) - highest_mean) / max(1, len(names) - 1)
    difference, total = highest_mean - mean_of_others, highest_mean + mean_of_others
    return pd.DataFrame(
        {
            "class": [names[index] for index in best],
            "selectivity": difference / np.maximum(total, 1e-9),
        }
    )
