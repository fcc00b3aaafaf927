"""Maps made comparable: laid over each other, and started from one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from core.embed.reduction import NoMap
from core.embed.tsne import tsne_steps
from core.steps import Progress, Steps, drain, mapped


@dataclass(frozen=True)
class Overlay:
    """A map laid over another of the same points.

    Attributes:
        positions: scale · positions @ turn + shift.
        moved: How far each point lies from its place on the other map, in that map's own spread
            (root mean square distance from its middle). 0: the same place; about 1: anywhere.
        scale: 0 or more.
        turn: A rotation, or a rotation of the mirrored map.
        shift: Added last.
    """

    positions: Float[np.ndarray, "n 2"]
    moved: Float[np.ndarray, " n"]
    scale: float
    turn: Float[np.ndarray, "2 2"]
    shift: Float[np.ndarray, " 2"]


def overlay(positions: Float[np.ndarray, "n 2"], onto: Float[np.ndarray, "m 2"]) -> Overlay:
    """Lay a map over another as near as scaling, turning, mirroring and shifting can.

    Orthogonal Procrustes (Schönemann 1966, doi 10.1007/BF02289451): with A and B the centred maps,
    the turn is U Vᵀ of the singular value decomposition of AᵀB, and the scale the sum of its
    singular values over |A|².

    Raises:
        NoMap: They are maps of different numbers of points.
    """
    if len(positions) != len(onto):
        raise NoMap(
            f"The maps are of {len(positions)} and {len(onto)} points; only maps of the same"
            " pictures lie over each other."
        )
    first, second = positions.mean(axis=0), onto.mean(axis=0)
    a, b = (positions - first).astype(np.float64), (onto - second).astype(np.float64)
    u, values, v = np.linalg.svd(a.T @ b)
    size = np.square(a).sum()
    turn, scale = u @ v, float(values.sum() / size) if size else 1.0
    laid = scale * a @ turn + second
    spread = np.sqrt(np.square(b).sum() / len(b))
    moved = np.linalg.norm(laid - onto, axis=1) / (spread or 1)
    shift = second - scale * first @ turn
    return Overlay(laid.astype(np.float32), moved.astype(np.float32), scale, turn, shift)


def aligned(
    features: Float[np.ndarray, "n d"], onto: Float[np.ndarray, "m 2"], **asked: Any
) -> Overlay:
    """A map that lies over another. See `aligned_steps`."""
    return drain(aligned_steps(features, onto, **asked))


def aligned_steps(
    features: Float[np.ndarray, "n d"], onto: Float[np.ndarray, "m 2"], **asked: Any
) -> Steps[Overlay]:
    """A map of other features of the same points, made comparable with theirs.

    It starts from the other map and is laid over it at the end, and for every preview.

    Args:
        features: One row a point.
        onto: The other map.
        **asked: Options of `tsne_steps`.

    Raises:
        NoMap: There are not as many points as on the other map, or as `tsne_steps` has it.
    """
    overlay(np.zeros((len(features), 2)), onto)  # refuses maps of others before the work

    def laid(progress: Progress) -> Progress:
        preview = overlay(progress.preview, onto).positions
        return Progress(progress.step, progress.total, preview, progress.note)

    positions = yield from mapped(tsne_steps(features, start=onto, **asked), laid)
    return overlay(positions, onto)


def through(stages: Sequence[Float[np.ndarray, "n _"]], **asked: Any) -> list[np.ndarray]:
    """The maps of the same points at each stage. See `through_steps`."""
    return drain(through_steps(stages, **asked))


def through_steps(
    stages: Sequence[Float[np.ndarray, "n _"]], **asked: Any
) -> Steps[list[np.ndarray]]:
    """The maps of the same points at each stage, each starting from the one before, laid over it.

    Args:
        stages: Features at each, in the order of computing.
        **asked: Options of `tsne_steps`.

    Returns:
        Positions at each stage, (n, 2) float32.
    """
    maps: list[np.ndarray] = []
    for features in stages:
        here = partial(_stage, index=len(maps), count=len(stages))
        if maps:
            found = yield from mapped(aligned_steps(features, maps[-1], **asked), here)
            maps.append(found.positions)
        else:
            maps.append((yield from mapped(tsne_steps(features, **asked), here)))
    return maps


def _stage(progress: Progress, index: int, count: int) -> Progress:
    """Progress of one stage as progress of all."""
    step, total = index * progress.total + progress.step, count * progress.total
    return Progress(step, total, progress.preview, progress.note)
