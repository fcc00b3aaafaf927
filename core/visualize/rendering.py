"""Pictures for any number of objectives: in batches that fit, a second try for what is flat."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Int, UInt8

from core import memory
from core.steps import Progress, Steps, drain, mapped
from core.visualize import linear
from core.visualize.ascent import Rendering, climb_steps
from core.visualize.objectives import Objective
from core.visualize.quality import Quality, quality_for
from core.visualize.terms import LOGITS
from core.zoo import Model

# Pixels of canvas climbed at once: 16 pictures of 128 px.
PIXELS = 16 * 128 * 128


def render(
    m: Model,
    objectives: Sequence[Objective],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    quality: Quality | None = None,
) -> UInt8[np.ndarray, "n h w 3"]:
    """Make a picture for each objective. See `render_steps`."""
    return drain(render_steps(m, objectives, size, steps, seed, quality)).pictures


def render_steps(
    m: Model,
    objectives: Sequence[Objective],
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    quality: Quality | None = None,
) -> Steps[Rendering]:
    """Make a picture for each objective, or several where it has several faces.

    A picture depends on its own objective, quality and seed, not on what it is made beside. All
    have one size: that of the first objective's quality where none is given.

    Args:
        m: The network.
        objectives: What to excite, at least one thing.
        size: Side in pixels; what suits the objectives where None.
        steps: Of the ascent; what suits each objective where None.
        seed: Of starts and transforms.
        quality: All the rest; what suits each objective where None.

    Returns:
        The pictures. A step is one of an ascent; a preview is (number of the first picture,
        pictures).

    Raises:
        UnknownLayer: With the nearest names.
        NoSuchUnit: With the range.
        OutOfMemory: Not even one objective's pictures fit.
    """
    for objective in objectives:
        objective.check(m)
    objectives = linear.suited(m, objectives)
    plans = [quality or _usual(m, objective) for objective in objectives]
    size = size or plans[0].size
    plans = [replace(plan, size=size, steps=steps or plan.steps) for plan in plans]
    batches = list(_batches(objectives, plans))
    total = sum(plan.steps for plan, _ in batches)
    done = first = 0
    parts: list[Rendering] = []
    for plan, chosen in batches:
        tell = partial(_within, done=done, total=total)
        parts.append((yield from mapped(_fitting_steps(m, chosen, plan, seed, first), tell)))
        done += plan.steps
        first += len(parts[-1].pictures)
    return _joined(parts)


def _usual(m: Model, objective: Objective) -> Quality:
    layer = objective.layers[-1]
    shape = () if layer == LOGITS else m.layers[layer].shape
    return quality_for(m.input_size, layer, shape)


def _within(progress: Progress, done: int, total: int) -> Progress:
    """A batch's progress as the whole's; a second try takes no steps more."""
    return replace(progress, step=min(done + progress.step, total), total=total)


def _numbered(progress: Progress, first: int) -> Progress:
    """Say which picture a preview begins with."""
    return (
        progress
        if progress.preview is None
        else replace(progress, preview=(first, progress.preview))
    )


def _batches(
    objectives: Sequence[Objective], plans: Sequence[Quality]
) -> Iterator[tuple[Quality, list[Objective]]]:
    """Neighbours of one quality together, as many as memory allows."""
    batch: list[Objective] = []
    for objective, plan, following in zip(objectives, plans, [*plans[1:], None], strict=True):
        batch.append(objective)
        pictures = sum((one.faces for one in batch), 1) * plan.transforms.looks
        if following != plan or pictures * plan.size**2 > PIXELS:
            yield plan, batch
            batch = []


def _fitting_steps(
    m: Model, objectives: list[Objective], plan: Quality, seed: int, first: int
) -> Steps[Rendering]:
    """Climb together, or half at a time where memory runs out."""
    try:
        climb = _alive_steps(m, objectives, plan, seed)
        return (yield from mapped(climb, partial(_numbered, first=first)))
    except RuntimeError as error:
        if not memory.ran_out(error):
            raise
        if len(objectives) == 1:
            raise memory.OutOfMemory(
                f"Memory is too short for pictures of {plan.size} pixels; ask for smaller or for"
                " fewer ones."
            ) from error
    made: list[Rendering] = []
    middle = len(objectives) // 2
    for part in (objectives[:middle], objectives[middle:]):
        start = first + sum(len(one.pictures) for one in made)
        made.append((yield from _fitting_steps(m, part, plan, seed, start)))
    return _joined(made)


def _alive_steps(
    m: Model, objectives: list[Objective], plan: Quality, seed: int
) -> Steps[Rendering]:
    """Climb, and once more from another seed where that came to nothing.

    What stayed flat is pushed then, or else is dead; a class picture that the network takes for
    another class stopped on a lower peak.
    """
    made = yield from climb_steps(m, objectives, plan, seed)
    owners = np.repeat(np.arange(len(objectives)), [objective.faces for objective in objectives])
    for failed, redirected in ((made.dead, True), (made.missed & ~made.dead, False)):
        chosen = sorted(set(owners[failed]))
        if chosen:
            again = [objectives[index] for index in chosen]
            other = yield from climb_steps(m, again, plan, seed + 1, redirected)
            _take_better(made, np.flatnonzero(np.isin(owners, chosen)), other)
    return made


def _take_better(made: Rendering, rows: Int[np.ndarray, " k"], other: Rendering) -> None:
    """Put a second try's pictures in the place of the first's where they score no worse."""
    better = other.scores >= made.scores[rows]
    for name in vars(made):
        getattr(made, name)[rows[better]] = getattr(other, name)[better]


def _joined(parts: Sequence[Rendering]) -> Rendering:
    return Rendering(*(np.concatenate([vars(part)[name] for part in parts])
                       for name in Rendering.__dataclass_fields__))  # fmt: skip
