"""A saliency map with what is known of how far to trust it."""

from dataclasses import dataclass

import numpy as np

from core import heatmap, images, saliency
from core.pictures import Picture
from core.saliency import Evaluation, Method
from core.workbench.tasks.saliency_checks import SaliencyChecks
from core.workbench.tasks.saliency_map import SaliencyMap
from core.zoo import Card

RANKS, TOP_TENTH = "rank correlation", "overlap of the top tenth"


@dataclass(frozen=True)
class EvaluatedMap:
    """A saliency map, and what is known of it.

    Attributes:
        card: The network's card.
        picture: The picture.
        method: The method.
        explained: The map.
        scores: Insertion and deletion.
        checks: Sanity and sensitivity; None where they are not asked for or not there yet.
    """

    card: Card
    picture: Picture
    method: Method
    explained: SaliencyMap
    scores: Evaluation
    checks: SaliencyChecks | None

    @property
    def map(self) -> np.ndarray:
        """The map on the network's input grid, (h, w)."""
        return self.explained.map


def map_similarity(a: EvaluatedMap, b: EvaluatedMap, measure: str = RANKS) -> float:
    """Return how similar two maps are, over the part of the picture that both networks see.

    Args:
        a: The one map.
        b: The other.
        measure: RANKS or TOP_TENTH.
    """
    maps = [a.map, b.map]
    if a.card is not b.card:
        whole = a.picture.image
        boxes = [images.crop_box(each.card, whole) for each in (a, b)]
        window = heatmap.common_box(boxes, whole.size)
        maps = [
            heatmap.crop_map(values, box, window) for values, box in zip(maps, boxes, strict=True)
        ]
    compare = saliency.rank_correlation if measure == RANKS else saliency.top_overlap
    return float(compare(maps[0][None], maps[1][None])[0])
