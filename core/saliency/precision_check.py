"""Whether a method's maps of a network are the same in bfloat16 as in float32."""

import numpy as np

from core.dissect import reference_scenes
from core.saliency.evaluate import rank_correlation
from core.saliency.explanation import explain_steps
from core.steps import Steps, as_step, drain, map_progress
from core.zoo import Model
from core.zoo.precision import BFLOAT16, FLOAT32

# Index of the reference scene that is explained.
SCENE = 0
# Least rank correlation with which a map in bfloat16 stands for the map in float32.
LEAST_AGREEMENT = 0.99


def bfloat16_agreement(m: Model, method: str) -> float:
    """Return how well a method's maps in both formats agree. See `bfloat16_agreement_steps`."""
    return drain(bfloat16_agreement_steps(m, method))


def bfloat16_agreement_steps(m: Model, method: str) -> Steps[float]:
    """Return the rank correlation of a method's maps in bfloat16 and in float32, -1 to 1.

    Both maps explain the network's top class of the same drawn scene, with the method's default
    options. The result is 0 where a map is the same everywhere, or has values that are not finite,
    as when a network overflows in bfloat16.

    Args:
        m: A network with classes.
        method: A key of `methods()`.
    """
    img = reference_scenes.scene(SCENE, max(m.input_size[1:])).image
    steps = explain_steps(m, [img], method, precision=FLOAT32)
    exact = yield from map_progress(steps, as_step(0, 2))
    steps = explain_steps(m, [img], method, exact.classes, precision=BFLOAT16)
    quick = yield from map_progress(steps, as_step(1, 2))
    if not np.isfinite(quick.maps).all() or np.ptp(quick.maps) == 0 or np.ptp(exact.maps) == 0:
        return 0.0
    return float(rank_correlation(exact.maps, quick.maps)[0])


def agreed_precision(agreement: float) -> str:
    """Return the format in which a map may be computed, by the agreement of both formats."""
    return BFLOAT16 if agreement >= LEAST_AGREEMENT else FLOAT32
