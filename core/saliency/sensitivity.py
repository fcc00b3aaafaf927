"""Does a map stay as it is when the picture hardly changes?"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core.recipes import Option
from core.saliency.explaining import explain_inputs_steps
from core.steps import Steps, at, mapped
from core.zoo import Model

# Noise as a share of the picture's own range: less than the eye sees. And how often it is drawn.
NOISE, SAMPLES = 0.02, 4


def sensitivity_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str,
    classes: Sequence[int] | None = None,
    seed: int = 0,
    **options: Option,
) -> Steps[Float[np.ndarray, " n"]]:
    """The most a map moves under a little noise, as a share of its own length.

    Yeh et al. 2019 (arXiv 1901.09392), max-sensitivity, from a few draws. 0 is a map that stays,
    1 one that changes by as much as there is of it.

    Args:
        m: The network.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: As for `explain`; those of the pictures without noise are kept.
        seed: Of the noise.
        options: The method's.
    """
    worst = np.zeros(len(imgs), np.float32)
    at_once = m.at_once
    for start in range(0, len(imgs), at_once):
        rows = slice(start, start + at_once)
        x = m.preprocess(list(imgs[rows]))
        own = classes[rows] if classes is not None else None
        first = yield from explain_inputs_steps(m, x, method, own, None, 0, None, **options)
        reach = NOISE * (x.flatten(1).amax(1) - x.flatten(1).amin(1))
        dice = [torch.Generator().manual_seed(seed) for _ in x]
        for _ in range(SAMPLES):
            drawn = torch.stack([torch.rand(x.shape[1:], generator=one) for one in dice]).to(x)
            near = x + (2 * drawn - 1) * reach[:, None, None, None]
            made = explain_inputs_steps(m, near, method, first.classes, None, 0, None, **options)
            other = yield from mapped(made, at(start, len(imgs)))
            moved = _length(other.maps - first.maps) / np.maximum(_length(first.maps), 1e-30)
            worst[rows] = np.maximum(worst[rows], moved)
    return worst


def _length(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, " n"]:
    return np.sqrt((maps.astype(np.float64) ** 2).sum((1, 2)))
