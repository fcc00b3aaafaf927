"""t-SNE: a map on which points with similar features are close together.

van der Maaten and Hinton 2008 (JMLR 9). The map starts from the principal axes, which preserves the
global arrangement (Kobak and Berens 2019, doi 10.1038/s41467-019-13056-x). openTSNE (Poličar et al.
2024, doi 10.18637/jss.v109.i03) optimises it, because an openTSNE optimisation can be continued: so
a map can be watched and stopped. benchmarks/RESULTS.md compares it with scikit-learn's.
"""

from math import ceil

import numpy as np
import torch
from jaxtyping import Float
from scipy import sparse

from core.embed.affinity import affinities_steps, feasible_perplexity
from core.embed.reduction import NoMap, pca
from core.steps import Progress, Steps, drain, map_progress

# Principal components that t-SNE uses: distances among them are almost those among all features,
# with less noise (van der Maaten and Hinton 2008, section 4.1, use 30; their later code and most
# others use 50).
DIMENSIONS = 50
PERPLEXITY, EXAGGERATION = 30.0, 12.0
ITERATIONS = 750
# Share of the iterations with exaggerated attraction (early exaggeration), in which clusters form
# and momentum is lower: 250 of 750 in openTSNE.
EARLY_SHARE = 1 / 3
MOMENTUM, EARLY_MOMENTUM = 0.8, 0.5
AXES, CHANCE = "axes", "chance"
# Standard deviation of a start that is no map, and of the noise, as a share of it, that separates
# identical points. Both as in openTSNE: in so small a start no point blocks another one's way.
START_SPREAD, NOISE_SHARE = 1e-4, 1e-2
# A start that is a map gets the spread of an optimised map: this times the square root of the
# number of points. openTSNE advises to shrink it first, but then the start is forgotten: points of
# a second network's map were 0.24 of the spread away from the first map instead of 0.11, and the
# map was no more trustworthy.
MAP_SPREAD = 0.5
# The learning rate grows with the number of points (Belkina et al. 2019,
# doi 10.1038/s41467-019-13055-y). Below 10, four points never leave the start; with scikit-learn's
# minimum of 200, a hundred points lose their arrangement.
MIN_LEARNING_RATE = 10.0
# openTSNE's approximations of the repulsive forces: interpolation on a grid ("fft") is faster for
# many points on a small map, a Barnes-Hut tree ("bh") on a large map, because the grid grows with
# the map. With 5,000 points or more, the first half of the iterations uses the grid and the rest
# the tree: at 10,000 points this takes two thirds of the time of either alone and reaches the same
# divergence as the tree.
GRID, TREE = "fft", "bh"
MIN_GRID_POINTS, GRID_SHARE = 5000, 1 / 2
# Iterations per step: as many as make 100,000 point updates, but 10 to 25.
UPDATES_PER_STEP, MIN_ITERATIONS_PER_STEP, MAX_ITERATIONS_PER_STEP = 100_000, 10, 25


def tsne(
    features: Float[np.ndarray, "n d"],
    perplexity: float = PERPLEXITY,
    seed: int = 0,
    iterations: int = ITERATIONS,
    exaggeration: float = EXAGGERATION,
    metric: str = "euclidean",
    start: Float[np.ndarray, "n 2"] | str = AXES,
) -> Float[np.ndarray, "n 2"]:
    """Compute a t-SNE map, float32. See `tsne_steps`."""
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
    """Compute a t-SNE map; a step is a few iterations, and its preview is the map so far.

    Args:
        features: One row per point.
        perplexity: Effective number of neighbours, at least 1; lowered by `feasible_perplexity` if
            there are too few points. Three points or fewer are placed on their principal axes, and
            identical points all at the origin.
        seed: Seed of the random start, and of the noise that separates identical points.
        iterations: Number of iterations, at least 1.
        exaggeration: Factor on the attraction in the first third of the iterations, at least 1.
        metric: "euclidean" or "cosine".
        start: "axes" for the first two principal axes, "chance" for random positions, or a map of
            the same points.

    Returns:
        The position of each point, float32.

    Raises:
        NoMap: The features are empty or not finite, or an option is out of range.
    """
    _check_options(perplexity, iterations, exaggeration, start)
    reduced = pca(features, DIMENSIONS, metric).positions
    axes = reduced[:, :2]
    searching = Progress(0, iterations, axes, note="finding neighbours")
    yield searching
    feasible = feasible_perplexity(len(reduced), perplexity)
    if not feasible or not reduced.any():
        return axes
    affinities = yield from map_progress(affinities_steps(reduced, feasible), lambda _: searching)
    initial = _initial_positions(axes, start, seed)
    return (yield from _optimise(initial, affinities, iterations, exaggeration))


def _initial_positions(
    axes: Float[np.ndarray, "n 2"], start: Float[np.ndarray, "n 2"] | str, seed: int
) -> Float[np.ndarray, "n 2"]:
    """Return the positions at iteration 0, with noise that separates identical points."""
    noise = np.random.default_rng(seed).normal(0, START_SPREAD, axes.shape)
    if isinstance(start, str):
        return noise if start == CHANCE else _rescale(axes, START_SPREAD) + NOISE_SHARE * noise
    return _rescale(start, MAP_SPREAD * len(axes) ** 0.5) + NOISE_SHARE * noise


def _rescale(positions: Float[np.ndarray, "n 2"], spread: float) -> Float[np.ndarray, "n 2"]:
    """Centre positions and scale them to a standard deviation of `spread` on the wider axis."""
    centred = positions.astype(np.float64) - positions.mean(axis=0, dtype=np.float64)
    widest = centred.std(axis=0).max()
    return centred * (spread / widest if widest > 0 else 0)


def _optimise(
    initial: Float[np.ndarray, "n 2"],
    affinities: sparse.csr_matrix,
    iterations: int,
    exaggeration: float,
) -> Steps[Float[np.ndarray, "n 2"]]:
    """Run gradient descent; the result does not depend on the number of iterations per step."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PrecomputedAffinities

    first_method = GRID if len(initial) >= MIN_GRID_POINTS else TREE
    phases = (
        (
            ceil(EARLY_SHARE * iterations), exaggeration, EARLY_MOMENTUM, first_method,
            "early exaggeration",
        ),
        (ceil(GRID_SHARE * iterations), 1.0, MOMENTUM, first_method, "refining the map"),
        (iterations, 1.0, MOMENTUM, TREE, "refining the map"),
    )  # fmt: skip
    per_step = UPDATES_PER_STEP // len(initial)
    per_step = min(MAX_ITERATIONS_PER_STEP, max(MIN_ITERATIONS_PER_STEP, per_step))
    positions, optimizer, done = initial, None, 0
    for end, factor, momentum, method, note in phases:
        embedding = TSNEEmbedding(
            positions,
            PrecomputedAffinities(affinities * factor, normalize=False),
            optimizer=optimizer,
            negative_gradient_method=method,
            momentum=momentum,
            learning_rate=max(MIN_LEARNING_RATE, len(initial) / factor),
            n_jobs=torch.get_num_threads(),  # the engine limits the threads of a computation
        )
        while done < end:
            count = min(per_step, end - done)
            embedding.optimize(count, inplace=True)
            done += count
            yield Progress(done, iterations, _to_array(embedding), note)
        positions, optimizer = embedding, embedding.optimizer
    return _to_array(positions)


def _to_array(embedding: np.ndarray) -> Float[np.ndarray, "n 2"]:
    """Copy an openTSNE embedding, a subclass of ndarray, to a plain float32 array."""
    return np.asarray(embedding).astype(np.float32)


def _check_options(
    perplexity: float, iterations: int, exaggeration: float, start: np.ndarray | str
) -> None:
    for name, value in (
        ("perplexity", perplexity),
        ("number of iterations", iterations),
        ("exaggeration", exaggeration),
    ):
        if not value >= 1:
            raise NoMap(f"The {name} is {value}; choose a value of at least 1.")
    if isinstance(start, str) and start not in (AXES, CHANCE):
        raise NoMap(f"There is no start {start!r}; choose {AXES}, {CHANCE} or another map.")
