"""The test of a saliency map's area: how probable the class is without it, and with it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.saliency.evaluate import STEPS, Evaluation, MapArray, measure_maps_steps
from core.steps import Steps
from core.zoo import Model

# The area of a map: its strongest pixels up to this step of the curves of insertion and deletion,
# 21 % of all pixels.
AREA_STEP = 6


@dataclass(frozen=True)
class AreaTest:
    """The probability of the class with and without the area of a map.

    Attributes:
        whole: For the whole picture.
        without: Once the area is grey.
        blurred: For the blurred picture.
        alone: Where only the area is sharp, and the rest is blurred.
    """

    whole: float
    without: float
    blurred: float
    alone: float


def area_test(scores: Evaluation) -> AreaTest:
    """Read the test of a single picture from its curves of insertion and deletion."""
    (insertion,), (deletion,) = scores.insertion, scores.deletion
    points = (deletion[0], deletion[AREA_STEP], insertion[0], insertion[AREA_STEP])
    return AreaTest(*map(float, points))


def area_tests_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    maps: MapArray,
    classes: Sequence[int] | None = None,
) -> Steps[list[AreaTest]]:
    """Test the area of maps; four passes a picture, where the whole curves take 58.

    The results are those of `area_test`. For arguments and errors, see `evaluate_steps`.
    """
    shares = np.array([0, AREA_STEP]) / STEPS
    insertion, deletion = yield from measure_maps_steps(m, imgs, maps, classes, shares)
    return [
        AreaTest(*map(float, (removed[0], removed[1], added[0], added[1])))
        for removed, added in zip(deletion, insertion, strict=True)
    ]
