"""t-SNE: a map on which points that are near each other among many dimensions lie together.

van der Maaten and Hinton 2008 (JMLR 9); started from the principal axes, which keeps the large
arrangement (Kobak and Berens 2019, doi 10.1038/s41467-019-13056-x); descended by openTSNE
(Poličar et al. 2024, doi 10.18637/jss.v109.i03), which goes on where it stopped, so that the map
can be watched and stopped. benchmarks/RESULTS.md has it beside scikit-learn's.
"""

from math import ceil

import numpy as np
import torch
from jaxtyping import Float
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PrecomputedAffinities
from scipy import sparse

from core.embed.affinity import affinities_steps, perplexity_for
from core.embed.reduction import NoMap, pca
from core.steps import Progress, Steps, drain, mapped

# Distances among so many principal components are those among all, with less noise
# (van der Maaten and Hinton 2008, section 4.1: 30; 50 in their later code and in most others).
DIMENSIONS = 50
PERPLEXITY, EXAGGERATION = 30.0, 12.0
ITERATIONS = 750
# Share of the iterations in which attraction is exaggerated, so that clusters find each other, with
# less momentum: 250 of 750 in openTSNE.
EARLY = 1 / 3
MOMENTUM, EARLY_MOMENTUM = 0.8, 0.5
AXES, CHANCE = "axes", "chance"
# Standard deviation of a start that is no map, and the share of it that tells equal points apart,
# as openTSNE has them: so small that no point's way to its place is barred by others.
START, DICE = 1e-4, 1e-2
# A start that is a map is as wide as a map when it has settled, this times the root of the points.
# Made small first, as openTSNE advises, it is forgotten: points of a second network's map then lay
# 0.24 of the spread from the first one's instead of 0.11, and were no truer.
SETTLED = 0.5
# The rate grows with the points (Belkina et al. 2019, doi 10.1038/s41467-019-13055-y). Below this
# four points never leave the start; with 200, scikit-learn's least, a hundred lose its arrangement.
LEAST_RATE = 10.0
# How points push each other away is summed up over a grid while many of them are on a small map,
# and over a tree when the map has grown and with it the grid: at 10,000 points that takes two
# thirds of the time that either does alone, and the divergence is the tree's.
GRID, TREE = "fft", "bh"
MANY, COARSE = 5000, 1 / 2
# What one step may do: iterations × points, and the bounds of the iterations.
A_STEP, LEAST, MOST = 100_000, 10, 25


def tsne(
    features: Float[np.ndarray, "n d"],
    perplexity: float = PERPLEXITY,
    seed: int = 0,
    iterations: int = ITERATIONS,
    exaggeration: float = EXAGGERATION,
    metric: str = "euclidean",
    start: Float[np.ndarray, "n 2"] | str = AXES,
) -> Float[np.ndarray, "n 2"]:
    """Where each point lies on the map, float32. See `tsne_steps`."""
    steps = tsne_steps(features, perplexity, seed, iterations, exaggeration, metric, start)
    return drain(steps)


def tsne_steps(
    features: Float[np.ndarray, "n d"],
    perplexity: float = PERPLEXITY,
    seed: int = 0,
    iterations: int = ITERATIONS,
    exaggeration: float = EXAGGERATION,
    metric: str = "euclidean",
    start: Float[np.ndarray, "n 2"] | str = AXES,
) -> Steps[Float[np.ndarray, "n 2"]]:
    """Where each point lies on the map, float32; a step is some iterations, its preview the map.

    Args:
        features: One row a point.
        perplexity: Neighbours whose nearness is kept, smoothly; lowered where there are too few
            points (`perplexity_for` tells). Three points or fewer lie as their principal axes have
            them, and points that are all the same at one place.
        seed: Of the start by chance, and of the dice that tell equal points apart.
        iterations: In all.
        exaggeration: Of the attraction in the first third of them.
        metric: "euclidean" or "cosine".
        start: "axes" for the first two principal axes, "chance", or a map of the same points.

    Raises:
        NoMap: The features are none, or not finite; an option is out of its range.
    """
    _require(perplexity, iterations, exaggeration, start)
    reduced = pca(features, DIMENSIONS, metric).positions
    flat = reduced[:, :2]
    yield Progress(0, iterations, flat, note="finding neighbours")
    allowed = perplexity_for(len(reduced), perplexity)
    if not allowed or not reduced.any():
        return flat
    finding = Progress(0, iterations, flat, note="finding neighbours")
    affinities = yield from mapped(affinities_steps(reduced, allowed), lambda _: finding)
    begin = _begin(flat, start, seed)
    return (yield from _descent(begin, affinities, iterations, exaggeration))


def _begin(
    axes: Float[np.ndarray, "n 2"], start: Float[np.ndarray, "n 2"] | str, seed: int
) -> Float[np.ndarray, "n 2"]:
    """Where to start from: no two points at quite the same place."""
    dice = np.random.default_rng(seed).normal(0, START, axes.shape)
    if isinstance(start, str):
        return dice if start == CHANCE else _spread(axes, START) + DICE * dice
    return _spread(start, SETTLED * len(axes) ** 0.5) + DICE * dice


def _spread(positions: Float[np.ndarray, "n 2"], along: float) -> Float[np.ndarray, "n 2"]:
    """The same arrangement, as wide as asked along the wider axis."""
    centred = positions.astype(np.float64) - positions.mean(axis=0, dtype=np.float64)
    wide = centred.std(axis=0).max()
    return centred * (along / wide if wide > 0 else 0)


def _descent(
    begin: Float[np.ndarray, "n 2"],
    affinities: sparse.csr_matrix,
    iterations: int,
    exaggeration: float,
) -> Steps[Float[np.ndarray, "n 2"]]:
    """Follow the gradient; a step goes on exactly where the one before stopped."""
    coarse = GRID if len(begin) >= MANY else TREE
    stages = (
        (ceil(EARLY * iterations), exaggeration, EARLY_MOMENTUM, coarse, "spreading out"),
        (ceil(COARSE * iterations), 1.0, MOMENTUM, coarse, "settling"),
        (iterations, 1.0, MOMENTUM, TREE, "settling"),
    )
    together = min(MOST, max(LEAST, A_STEP // len(begin)))
    positions, optimizer, done = begin, None, 0
    for end, exaggerated, momentum, forces, note in stages:
        embedding = TSNEEmbedding(
            positions,
            PrecomputedAffinities(affinities * exaggerated, normalize=False),
            optimizer=optimizer,
            negative_gradient_method=forces,
            momentum=momentum,
            learning_rate=max(LEAST_RATE, len(begin) / exaggerated),
            n_jobs=torch.get_num_threads(),  # what the engine lets a computation have
        )
        while done < end:
            count = min(together, end - done)
            embedding.optimize(count, inplace=True)
            done += count
            yield Progress(done, iterations, _plain(embedding), note)
        positions, optimizer = embedding, embedding.optimizer
    return _plain(positions)


def _plain(embedding: np.ndarray) -> Float[np.ndarray, "n 2"]:
    return np.asarray(embedding).astype(np.float32)


def _require(
    perplexity: float, iterations: int, exaggeration: float, start: np.ndarray | str
) -> None:
    for name, value in (
        ("perplexity", perplexity),
        ("number of iterations", iterations),
        ("exaggeration", exaggeration),
    ):
        if not value >= 1:
            raise NoMap(f"The {name} is {value}; it has to be 1 at least.")
    if isinstance(start, str) and start not in (AXES, CHANCE):
        raise NoMap(f"There is no start {start!r}; there are {AXES}, {CHANCE}, and other maps.")
