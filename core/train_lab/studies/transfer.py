"""Which layers transfer: keep layers that learned one group, and learn another with few pictures.

Yosinski et al. 2014 (arXiv 1411.1792): the first n layers of a network that learned one task are
kept, frozen or fine-tuned, and the layers after them learn another from random weights. Beside it,
frozen random layers show how much of it the layers after them learn anyway.
"""

from collections.abc import Callable, Collection, Iterator

from torch import nn

from core.steps import Steps, as_step, map_progress
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.studies.fitting import (
    Inputs,
    Sets,
    accuracy,
    draw_sets_steps,
    fit_steps,
    train_steps,
)
from core.train_lab.studies.rows import Start, TransferRow
from core.train_lab.studies.study import (
    BLOCKS,
    SEED_STEP,
    SOURCE_PICTURES,
    Study,
    experiment_of,
)

# Convolution, activation and pooling.
LAYERS_PER_BLOCK = 3
# The network whose layers are kept is trained for this many times as many steps as the others.
SOURCE_STEPS = 2
Cell = tuple[Start, int, int, int]


def cells(study: Study) -> list[Cell]:
    """Return start, kept blocks, pictures and seed of all rows, in the order of computation."""
    kept = [Start.RANDOM, Start.FROZEN, Start.TUNED]
    starts = [(Start.SCRATCH, 0), *((start, k) for k in range(1, BLOCKS + 1) for start in kept)]
    return [
        (start, k, pictures, seed)
        for seed in study.seeds
        for pictures in study.pictures
        for start, k in starts
    ]


def transfer_steps(
    study: Study, done: Collection[TransferRow], keep: Callable[[TransferRow], None]
) -> Steps[None]:
    """Measure the rows of a study that are not done; a step is a row.

    Args:
        study: The study; its groups are what the kept layers learned, and what is learned next.
        done: Rows that are measured already.
        keep: Called with each new row.
    """
    known = {(row.start, row.kept, row.pictures, row.seed) for row in done}
    every = cells(study)
    for seed in study.seeds:
        left = [cell for cell in every if cell[3] == seed and cell not in known]
        if not left:
            continue
        as_now = as_step(every.index(left[0]), len(every))
        source = yield from map_progress(_source_steps(study, seed), as_now)
        experiment = experiment_of(study.groups[1], max(study.pictures), seed)
        sets = yield from map_progress(draw_sets_steps(experiment), as_now)
        for cell in left:
            steps = _row_steps(study, cell, source, sets)
            keep((yield from map_progress(steps, as_step(every.index(cell), len(every)))))


def _source_steps(study: Study, seed: int) -> Steps[nn.Module]:
    """Train the network whose layers are kept. It shares no random numbers with the others."""
    experiment = experiment_of(study.groups[0], SOURCE_PICTURES, seed + SEED_STEP)
    sets = yield from draw_sets_steps(experiment)
    return (yield from train_steps(experiment, sets, SOURCE_STEPS * study.steps))


def _row_steps(study: Study, cell: Cell, source: nn.Module, sets: Sets) -> Steps[TransferRow]:
    start, kept, pictures, seed = cell
    experiment = experiment_of(study.groups[1], pictures, seed)
    net = networks.build(experiment)
    if start in (Start.FROZEN, Start.TUNED):
        copy_blocks(source, net, kept)
    training = sets.training.first(pictures * len(study.groups[1]))
    frozen = kept if start in (Start.FROZEN, Start.RANDOM) else 0
    reached = yield from _learn_steps(net, frozen, experiment, (training, sets.new), study.steps)
    return TransferRow(start, kept, pictures, seed, reached)


def copy_blocks(source: nn.Module, target: nn.Module, count: int) -> None:
    """Copy the weights of the first blocks."""
    for (name, layer), (_, other) in zip(_blocks(source, count), _blocks(target, count),
                                         strict=True):  # fmt: skip
        if name.startswith("conv"):
            other.load_state_dict(layer.state_dict())


def _blocks(net: nn.Module, count: int) -> Iterator[tuple[str, nn.Module]]:
    return iter(list(net.named_children())[: LAYERS_PER_BLOCK * count])


def _learn_steps(
    net: nn.Module,
    frozen: int,
    experiment: Experiment,
    sets: tuple[Inputs, Inputs],
    steps: int,
) -> Steps[float]:
    """Train the layers after the frozen ones, and return the accuracy for the second set.

    What frozen layers make of a picture stays the same, so it is computed once.
    """
    layers = list(net.children())
    first = nn.Sequential(*layers[: LAYERS_PER_BLOCK * frozen])
    later = nn.Sequential(*layers[LAYERS_PER_BLOCK * frozen :])
    training, new = (each.passed_through(first) if frozen else each for each in sets)
    yield from fit_steps(later, experiment, training, steps)
    return accuracy(later, new)
