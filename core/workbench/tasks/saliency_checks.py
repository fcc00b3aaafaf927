"""Sanity and sensitivity of a saliency method."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from core import saliency
from core.options import Option
from core.steps import Progress, Steps, map_progress
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task
from core.workbench.tasks.saliency_map import method_options, method_recipe
from core.zoo import Card


@dataclass(frozen=True)
class SaliencyChecks:
    """Whether a method's map depends on the weights, and not on noise.

    Attributes:
        shares: Share of the layers whose weights are randomised, at each stage.
        similarity: Rank correlation of each stage's map with the original map.
        sensitivity: Change of the map under slight noise, relative to the map.
    """

    shares: np.ndarray
    similarity: np.ndarray
    sensitivity: float


def saliency_checks_recipe(
    card: Card, picture: str, method: str, options: Mapping[str, Option] | None = None
) -> Recipe[SaliencyChecks]:
    """Recipe of the checks of a method on a picture. Raises the same as `saliency_map_recipe`."""
    return method_recipe(SALIENCY_CHECKS, card, method, options, {}, [picture])


def _compute(call: Call) -> Steps[list[StoredResult]]:
    m, imgs, first = call.model, call.pictures(), call.recipes[0]
    options = method_options(first)
    sanity_steps = saliency.sanity_steps(m, imgs, first.method, None, 0, **options)
    noise_steps = saliency.sensitivity_steps(m, imgs, first.method, None, 0, **options)
    sanity = yield from map_progress(sanity_steps, partial(_half, half=0))
    sensitivity = yield from map_progress(noise_steps, partial(_half, half=1))
    shares = np.array(sanity.shares)
    return [
        StoredResult(
            {"shares": shares, "similarity": sanity.likeness[:, row]}, {"sensitivity": float(value)}
        )
        for row, value in enumerate(sensitivity)
    ]


def _half(progress: Progress, half: int) -> Progress:
    """Return progress as that of the first (0) or the second (1) half of a computation."""
    return Progress(half * progress.total + progress.step, 2 * progress.total)


def _read(stored: StoredResult) -> SaliencyChecks:
    return SaliencyChecks(
        stored.arrays["shares"], stored.arrays["similarity"], stored.record["sensitivity"]
    )


SALIENCY_CHECKS = Task(
    "saliency checks", version=1, compute=_compute, read=_read, cost=3.0, batch=4
)
