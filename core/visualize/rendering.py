"""Rendering of any number of objectives, in batches that fit in memory.

Pictures that fail are optimised a second time.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Int, UInt8

from core import memory
from core.arguments import require_some
from core.layers import LOGITS
from core.steps import Progress, Steps, drain, map_progress
from core.visualize import linear
from core.visualize.accepted_size import accepted_size, check_size
from core.visualize.ascent import Rendering, ascent_steps
from core.visualize.objectives import Objective
from core.visualize.quality import Quality, quality_for
from core.zoo import Model

# Canvas pixels to optimise in one batch: 16 pictures of 128 px.
BATCH_PIXELS = 16 * 128 * 128
# The index of an objective's first picture in the whole rendering, and the objective.
IndexedObjective = tuple[int, Objective]


def render(
    m: Model,
    objectives: Sequence[Objective],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    quality: Quality | None = None,
) -> UInt8[np.ndarray, "n h w 3"]:
    """Render a picture for each objective, or several for an objective with variations.

    Args and errors as in `render_steps`.
    """
    return drain(render_steps(m, objectives, size, steps, seed, quality)).pictures


def render_steps(
    m: Model,
    objectives: Sequence[Objective],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    quality: Quality | None = None,
) -> Steps[Rendering]:
    """Render the pictures of all objectives step by step, with scores and importance maps.

    A picture depends on its own objective, quality and seed, not on the other objectives. All
    pictures have the same size; by default that of the first objective's quality.

    Args:
        m: The network.
        objectives: What to maximise, at least one objective.
        size: Side in pixels; if None, the size of `quality`, or a larger one where the network does
            not accept it.
        steps: Number of ascent steps; if None, the steps of `quality`.
        seed: Seed of the random start and of the transforms.
        quality: All other settings; if None, the default of each objective's layer.

    Yields:
        One progress per ascent step; its preview, if any, is (index of its first picture,
        pictures).

    Returns:
        The pictures of the first objective, then of the next.

    Raises:
        UnknownLayer: No such layer; the message has the nearest names.
        NoSuchUnit: No such channel or position; the message has the valid range.
        NoClassifier: An objective needs classes, and the network has none.
        BadArgument: There are no objectives, or the size or the number of steps is less than 1.
        BadSize: The network does not accept this size; the message has one that it accepts.
        OutOfMemory: Not even the pictures of a single objective fit in memory.
    """
    require_some("objectives", objectives)
    for objective in objectives:
        objective.check(m)
    objectives = [objective.on_grids_of(m) for objective in objectives]
    objectives = linear.use_linear_channels(m, objectives)
    qualities = _qualities(m, objectives, size, steps, quality)
    batches = list(_batches(objectives, qualities))
    total = sum(batch_quality.steps for batch_quality, _ in batches)
    steps_done = first = 0
    renderings: list[Rendering] = []
    for batch_quality, batch in batches:
        in_total = partial(_progress_in_total, steps_done=steps_done, total=total)
        batch_steps = memory.steps_in_halves(
            partial(_steps_of_batch, m, quality=batch_quality, seed=seed),
            _with_first_indices(batch, first),
            f"a picture of {batch_quality.size} pixels",
        )
        renderings += yield from map_progress(batch_steps, in_total)
        steps_done += batch_quality.steps
        first += sum(objective.variations for objective in batch)
    return _concatenate(renderings)


def _qualities(
    m: Model,
    objectives: Sequence[Objective],
    size: int | None,
    steps: int | None,
    quality: Quality | None,
) -> list[Quality]:
    """Return the quality of each objective's pictures. See `render_steps`."""
    qualities = [quality or _default_quality(m, objective) for objective in objectives]
    if steps is not None:
        qualities = [replace(each, steps=steps) for each in qualities]
    layers = list(dict.fromkeys(name for objective in objectives for name in objective.layers))
    if size is None:
        size = accepted_size(m, qualities[0].size, layers)
        return [replace(each, size=size) for each in qualities]
    qualities = [replace(each, size=size) for each in qualities]  # refuses sizes below 1
    check_size(m, size, layers)
    return qualities


def _default_quality(m: Model, objective: Objective) -> Quality:
    """Return the default quality for the last layer of an objective."""
    layer = objective.layers[-1]
    shape = () if layer == LOGITS else m.layers[layer].shape
    return quality_for(m.input_size, layer, shape)


def _progress_in_total(progress: Progress, steps_done: int, total: int) -> Progress:
    """Convert a batch's progress to progress of the whole rendering.

    Capped at the total: the steps of a second attempt are not part of it.
    """
    return replace(progress, step=min(steps_done + progress.step, total), total=total)


def _with_first_index(progress: Progress, first: int) -> Progress:
    """Add the index of its first picture to a preview."""
    if progress.preview is None:
        return progress
    return replace(progress, preview=(first, progress.preview))


def _batches(
    objectives: Sequence[Objective], qualities: Sequence[Quality]
) -> Iterator[tuple[Quality, list[Objective]]]:
    """Group consecutive objectives of equal quality into batches of about BATCH_PIXELS."""
    batch: list[Objective] = []
    following = [*qualities[1:], None]
    for objective, quality, next_quality in zip(objectives, qualities, following, strict=True):
        batch.append(objective)
        # With one more picture, the batch might be too large.
        views = sum((each.variations for each in batch), 1) * quality.transforms.looks
        if next_quality != quality or views * quality.size**2 > BATCH_PIXELS:
            yield quality, batch
            batch = []


def _with_first_indices(objectives: Sequence[Objective], first: int) -> list[IndexedObjective]:
    """Pair each objective with the index of its first picture in the whole rendering."""
    counts = [objective.variations for objective in objectives]
    starts = itertools.accumulate(counts[:-1], initial=first)
    return list(zip(starts, objectives, strict=True))


def _steps_of_batch(
    m: Model, batch: Sequence[IndexedObjective], quality: Quality, seed: int
) -> Steps[Rendering]:
    """Optimise all objectives of a batch together, and add the first index to their previews."""
    (first, _), *_ = batch
    attempts = _steps_with_retry(m, [objective for _, objective in batch], quality, seed)
    return (yield from map_progress(attempts, partial(_with_first_index, first=first)))


def _steps_with_retry(
    m: Model, objectives: list[Objective], quality: Quality, seed: int
) -> Steps[Rendering]:
    """Optimise all objectives, then those that failed once more from another seed.

    Two kinds fail: a score that did not change (the retry redirects gradients through rectifiers;
    if that fails too, the unit is dead), and a class picture that the network takes for another
    class (it reached a lower local maximum).
    """
    rendering = yield from ascent_steps(m, objectives, quality, seed)
    counts = [objective.variations for objective in objectives]
    owners = np.repeat(np.arange(len(objectives)), counts)
    misclassified = rendering.misclassified & ~rendering.dead
    for failed, redirected in ((rendering.dead, True), (misclassified, False)):
        indices = sorted(set(owners[failed]))
        if indices:
            failed_objectives = [objectives[index] for index in indices]
            retry = yield from ascent_steps(m, failed_objectives, quality, seed + 1, redirected)
            _keep_better(rendering, np.flatnonzero(np.isin(owners, indices)), retry)
    return rendering


def _keep_better(rendering: Rendering, rows: Int[np.ndarray, " k"], retry: Rendering) -> None:
    """Replace the pictures in `rows` by those of the retry that score at least as high."""
    better = retry.scores >= rendering.scores[rows]
    for name in vars(rendering):
        getattr(rendering, name)[rows[better]] = getattr(retry, name)[better]


def _concatenate(renderings: Sequence[Rendering]) -> Rendering:
    """Concatenate the pictures of several batches."""
    return Rendering(*(np.concatenate([vars(rendering)[name] for rendering in renderings])
                       for name in Rendering.__dataclass_fields__))  # fmt: skip
