"""The sensitivity of a saliency map: how much it changes under invisible noise."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core.options import Option
from core.saliency.explanation import explain_inputs_steps
from core.steps import Steps, as_step, map_progress
from core.zoo import Model
from core.zoo.precision import FLOAT32

# Largest noise, as a share of the range of the picture's values; too weak to be seen.
MAX_NOISE = 0.02
# Number of noisy copies of each picture.
SAMPLES = 4


def sensitivity_steps(
    m: Model,
    imgs: Sequence[Image.Image],
    method: str,
    classes: Sequence[int] | None = None,
    seed: int = 0,
    **options: Option,
) -> Steps[Float[np.ndarray, " n"]]:
    """Estimate the largest change of each map under weak noise, relative to the map's norm.

    This is the max-sensitivity of Yeh et al. 2019 (arXiv 1901.09392), estimated from a few samples.
    0 means that the map stays the same; 1 means that the change is as large as the map itself.

    Args:
        m: The network.
        imgs: The pictures.
        method: A key of `methods()`.
        classes: As for `explain`. None: the top classes of the pictures without noise, which are
            explained on the noisy copies too.
        seed: Seed of the noise.
        options: Options of the method.
    """
    largest = np.zeros(len(imgs), np.float32)
    batch_size = m.batch_size
    for start in range(0, len(imgs), batch_size):
        rows = slice(start, start + batch_size)
        x = m.preprocess(list(imgs[rows]))
        batch_classes = classes[rows] if classes is not None else None
        steps = explain_inputs_steps(m, x, method, batch_classes, None, 0, None, FLOAT32, **options)
        clean = yield from map_progress(steps, as_step(start, len(imgs)))
        radius = MAX_NOISE * (x.flatten(1).amax(1) - x.flatten(1).amin(1))
        generators = [torch.Generator().manual_seed(seed) for _ in x]
        for _ in range(SAMPLES):
            uniform = torch.stack([torch.rand(x.shape[1:], generator=g) for g in generators]).to(x)
            noisy_x = x + (2 * uniform - 1) * radius[:, None, None, None]
            steps = explain_inputs_steps(
                m, noisy_x, method, clean.classes, None, 0, None, FLOAT32, **options
            )
            noisy = yield from map_progress(steps, as_step(start, len(imgs)))
            change = _norms(noisy.maps - clean.maps) / np.maximum(_norms(clean.maps), 1e-30)
            largest[rows] = np.maximum(largest[rows], change)
    return largest


def _norms(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, " n"]:
    """Return the Euclidean norm of each map."""
    return np.sqrt((maps.astype(np.float64) ** 2).sum((1, 2)))
