"""What depth buys: the same data with one to five blocks of the textbook network."""

from collections.abc import Callable, Collection, Sequence

from torch import nn

from core import dissect, embed
from core.embed.units import MIN_IOU
from core.layers import LOGITS, PIXELS
from core.scenes import Batch
from core.steps import Steps, as_step, map_progress
from core.textbook import MAX_BLOCKS, MIN_BLOCKS
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.studies.as_model import as_model
from core.train_lab.studies.fitting import Inputs, Sets, accuracy, draw_sets_steps, fit_steps
from core.train_lab.studies.rows import DepthRow
from core.train_lab.studies.study import SIZE, Study, experiment_of
from core.zoo import Model

# Scenes by which channels are compared with parts, and inputs that are read at once.
SCENES, AT_ONCE = 280, 100


def cells(study: Study) -> list[tuple[int, int]]:
    """Return the number of blocks and the seed of all rows, in the order of computation."""
    return [(blocks, seed) for seed in study.seeds for blocks in range(MIN_BLOCKS, MAX_BLOCKS + 1)]


def depth_steps(
    study: Study, done: Collection[DepthRow], keep: Callable[[DepthRow], None]
) -> Steps[None]:
    """Measure the rows of a study that are not done; a step is a row.

    Args:
        study: The study.
        done: Rows that are measured already.
        keep: Called with each new row.
    """
    known = {(row.blocks, row.seed) for row in done}
    every = cells(study)
    drawing = dissect.draw_scenes_steps(SIZE, SCENES, study.groups[0])
    scenes = yield from map_progress(drawing, as_step(0, len(every)))
    for seed in study.seeds:
        left = [cell for cell in every if cell[1] == seed and cell not in known]
        if not left:
            continue
        (pictures,) = study.pictures
        drawn = draw_sets_steps(experiment_of(study.groups[0], pictures, seed))
        sets = yield from map_progress(drawn, as_step(every.index(left[0]), len(every)))
        for blocks, _ in left:
            experiment = experiment_of(study.groups[0], pictures, seed, blocks)
            steps = _row_steps(experiment, sets, scenes, study.steps)
            now = as_step(every.index((blocks, seed)), len(every))
            keep((yield from map_progress(steps, now)))


def _row_steps(
    experiment: Experiment, sets: Sets, scenes: Sequence[Batch], steps: int
) -> Steps[DepthRow]:
    net = networks.build(experiment)
    before = yield from _parts_steps(as_model(net, experiment), experiment.blocks, scenes)
    yield from fit_steps(net, experiment, sets.training, steps)
    m = as_model(net, experiment)
    parts = yield from _parts_steps(m, experiment.blocks, scenes)
    return DepthRow(
        blocks=experiment.blocks,
        seed=experiment.seed,
        weights=sum(parameter.numel() for parameter in net.parameters()),
        accuracy=accuracy(net, sets.new),
        training_accuracy=accuracy(net, sets.training),
        purity=(yield from _purity_steps(m, experiment, sets.new)),
        parts=parts,
        untrained_parts=before,
        channels=_channels(net),
    )


def _channels(net: nn.Module) -> dict[str, int]:
    """Return the number of channels of each block."""
    layers = [layer for layer in net.children() if isinstance(layer, nn.Conv2d)]
    return {block_name(number): layer.out_channels for number, layer in enumerate(layers, 1)}


def _parts_steps(m: Model, blocks: int, scenes: Sequence[Batch]) -> Steps[dict[str, int]]:
    """Count the channels of each block that match a part of an object best (`count_kinds`).

    The scenes are of the network's own classes: among those of all 28 classes, its parts are rare.
    """
    names = {f"relu{number}": block_name(number) for number in range(1, blocks + 1)}
    scores = yield from dissect.parts_steps(m, list(names), SCENES, scenes)
    counts = dissect.count_kinds(scores, MIN_IOU)["part"]
    return {names[str(layer)]: int(count) for layer, count in counts.items()}


def _purity_steps(m: Model, experiment: Experiment, new: Inputs) -> Steps[dict[str, float]]:
    """Return the class purity of new scenes by layer, as the page Maps measures it."""
    blocks = range(1, experiment.blocks + 1)
    layers = [PIXELS, *(f"pool{number}" for number in blocks), LOGITS]
    titles = ["pixels", *map(block_name, blocks), "class scores"]
    rows = yield from embed.features_of_inputs_steps(
        m, new.x.split(AT_ONCE), len(new.labels), layers
    )
    labels = [experiment.classes[label] for label in new.labels.tolist()]
    purity = {}
    for layer, title in zip(layers, titles, strict=True):
        purity[title] = round((yield from embed.purity_steps(rows[layer], labels)) or 0.0, 4)
    return purity


def block_name(number: int) -> str:
    """Return the name of a block, counted from 1."""
    return f"block {number}"
