"""Make maps of the same points comparable: align them, or start t-SNE from another map."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from core.embed.reduction import NoMap
from core.embed.tsne import tsne_steps
from core.steps import Progress, Steps, drain, map_progress


@dataclass(frozen=True)
class Alignment:
    """A map after it was aligned with a reference map of the same points.

    Attributes:
        positions: The aligned map: scale · original @ rotation + translation.
        moved: Distance of each point from its position on the reference map, in units of the
            reference map's spread (root mean square distance from its mean). 0 is the same
            position; about 1 is unrelated.
        scale: Scale factor, 0 or more.
        rotation: Orthogonal matrix: a rotation, or a rotation with a reflection.
        translation: Offset that is added last.
    """

    positions: Float[np.ndarray, "n 2"]
    moved: Float[np.ndarray, " n"]
    scale: float
    rotation: Float[np.ndarray, "2 2"]
    translation: Float[np.ndarray, " 2"]


def procrustes(
    positions: Float[np.ndarray, "n 2"],
    reference: Float[np.ndarray, "m 2"],
    keep_spread: bool = False,
) -> Alignment:
    """Align a map with a reference map by scaling, rotation, reflection and translation.

    Orthogonal Procrustes (Schönemann 1966, doi 10.1007/BF02289451): with A and B the centred maps,
    the rotation is U Vᵀ of the singular value decomposition of AᵀB, and the scale is the sum of the
    singular values divided by |A|².

    Args:
        positions: The map to align.
        reference: Another map of the same points.
        keep_spread: Whether the aligned map is to be as large as the reference map. Otherwise its
            scale minimises the distances between the maps: the less they have in common, the
            smaller it becomes.

    Raises:
        NoMap: The maps have different numbers of points.
    """
    _require_equal_counts(len(positions), len(reference))
    mean, reference_mean = positions.mean(axis=0), reference.mean(axis=0)
    a = (positions - mean).astype(np.float64)
    b = (reference - reference_mean).astype(np.float64)
    u, singular_values, v_transposed = np.linalg.svd(a.T @ b)
    squared_norm = np.square(a).sum()
    rotation = u @ v_transposed
    scale = float(singular_values.sum() / squared_norm) if squared_norm else 1.0
    if keep_spread:
        # A map without a spread, all points at one position, is no measure for others.
        scale = float(np.sqrt(np.square(b).sum() / squared_norm)) if squared_norm else 1.0
        scale = scale or 1.0
    aligned = scale * a @ rotation + reference_mean
    spread = np.sqrt(np.square(b).sum() / len(b))
    moved = np.linalg.norm(aligned - reference, axis=1) / (spread or 1)
    translation = reference_mean - scale * mean @ rotation
    return Alignment(
        aligned.astype(np.float32), moved.astype(np.float32), scale, rotation, translation
    )


def aligned_tsne(
    features: Float[np.ndarray, "n d"], reference: Float[np.ndarray, "m 2"], **options: Any
) -> Alignment:
    """Compute a t-SNE map that is aligned with a reference map. See `aligned_tsne_steps`."""
    return drain(aligned_tsne_steps(features, reference, **options))


def aligned_tsne_steps(
    features: Float[np.ndarray, "n d"], reference: Float[np.ndarray, "m 2"], **options: Any
) -> Steps[Alignment]:
    """Compute a t-SNE map that is aligned with a reference map of the same points.

    t-SNE starts from the reference map. The result and every preview are turned onto it and have
    its spread, so that no map of a sequence becomes smaller than the one before.

    Args:
        features: Other features of the same points, one row per point.
        reference: The reference map.
        **options: Options of `tsne_steps`.

    Raises:
        NoMap: The reference map has another number of points, or `tsne_steps` can't compute a map.
    """
    _require_equal_counts(len(features), len(reference))

    def align_preview(progress: Progress) -> Progress:
        preview = procrustes(progress.preview, reference, keep_spread=True).positions
        return Progress(progress.step, progress.total, preview, progress.note)

    steps = tsne_steps(features, start=reference, **options)
    positions = yield from map_progress(steps, align_preview)
    return procrustes(positions, reference, keep_spread=True)


def tsne_sequence(stages: Sequence[Float[np.ndarray, "n _"]], **options: Any) -> list[np.ndarray]:
    """Compute one t-SNE map per stage, aligned with each other. See `tsne_sequence_steps`."""
    return drain(tsne_sequence_steps(stages, **options))


def tsne_sequence_steps(
    stages: Sequence[Float[np.ndarray, "n _"]], **options: Any
) -> Steps[list[np.ndarray]]:
    """Compute one t-SNE map per stage, each started from and aligned with the one before.

    Args:
        stages: Features of the same points at each stage, for example at successive layers.
        **options: Options of `tsne_steps`.

    Returns:
        One map per stage, (n, 2) float32.
    """
    maps: list[np.ndarray] = []
    for features in stages:
        to_overall = partial(_overall_progress, index=len(maps), count=len(stages))
        if maps:
            steps = aligned_tsne_steps(features, maps[-1], **options)
            alignment = yield from map_progress(steps, to_overall)
            maps.append(alignment.positions)
        else:
            maps.append((yield from map_progress(tsne_steps(features, **options), to_overall)))
    return maps


def _require_equal_counts(count: int, reference_count: int) -> None:
    """Raise NoMap if two maps have different numbers of points."""
    if count != reference_count:
        raise NoMap(
            f"The maps have {count} and {reference_count} points. Only maps of the same"
            " pictures can be aligned; choose two maps of one set."
        )


def _overall_progress(progress: Progress, index: int, count: int) -> Progress:
    """Convert progress within stage `index` of `count` to progress over all stages."""
    step, total = index * progress.total + progress.step, count * progress.total
    return Progress(step, total, progress.preview, progress.note)
