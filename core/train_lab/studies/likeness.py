"""What networks that learned different things have in common: first filters, layers, channels.

Two networks are only alike as far as they are more alike than untrained ones; how alike they could
be is shown by two networks that learned the same from other random weights (Li et al. 2016, arXiv
1511.07543; Kornblith et al. 2019, arXiv 1905.00414).
"""

import base64
import io
from collections.abc import Callable, Collection, Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor, nn

from core import compare, dissect, visualize
from core.dissect import reference_scenes
from core.steps import Progress, Steps, as_step, map_progress
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.reports import tiles
from core.train_lab.snapshot import filter_pictures
from core.train_lab.studies.as_model import as_model
from core.train_lab.studies.depth import block_name
from core.train_lab.studies.fitting import accuracy, draw_sets_steps, fit_steps
from core.train_lab.studies.rows import LateChannels, Likeness, LikenessRow
from core.train_lab.studies.study import BLOCKS, SEED_STEP, SIZE, Study, experiment_of
from core.training.augmentation import as_input

# Scenes of all 28 classes, ten of each, by which layers are compared; and of a network's own
# classes, by which its channels are compared with parts.
SCENES = 280
# Late channels that are shown, and the quality of their pictures as WebP, 0 to 100.
SHOWN, WEBP_QUALITY = 8, 80
# Side of these pictures in pixels: a channel of the last block sees 18 of them at once.
PICTURE_SIDE = 48
LAST = f"conv{BLOCKS}"


def likeness_steps(
    study: Study, done: Collection[LikenessRow], keep: Callable[[LikenessRow], None]
) -> Steps[None]:
    """Measure the rows of a study that are not done; a step is a row.

    Args:
        study: The study.
        done: Rows that are measured already.
        keep: Called with each new row.
    """
    known = {row.seed for row in done}
    for index, seed in enumerate(study.seeds):
        if seed not in known:
            now = as_step(index, study.repeats)
            keep((yield from map_progress(_row_steps(study, seed), now)))


def _row_steps(study: Study, seed: int) -> Steps[LikenessRow]:
    first, second = study.groups
    # No two networks share random numbers: filters that start equal would stay alike.
    trained = [(first, seed), (second, seed + SEED_STEP), (first, seed + 2 * SEED_STEP)]
    experiments = [experiment_of(group, study.pictures[0], own) for group, own in trained]
    untrained = [networks.build(experiment) for experiment in experiments[:2]]
    nets, accuracies = [], []
    for experiment in experiments:
        net, reached = yield from _train_steps(experiment, study.steps)
        nets.append(net)
        accuracies.append(reached)
    scenes = torch.cat([batch.pictures for batch in reference_scenes.batches(SIZE, SCENES)])
    a, b, same = nets
    other, (rows_a, rows_b) = likeness(a, b, scenes)
    late = []
    if seed == study.seed:
        for net, experiment in zip(nets[:2], experiments[:2], strict=True):
            late.append((yield from _late_steps(net, experiment)))
    return LikenessRow(
        seed=seed,
        accuracies=tuple(accuracies[:2]),
        filters=(tiles(filter_pictures(_filters(a)[rows_a])),
                 tiles(filter_pictures(_filters(b)[rows_b]))),
        other=other,
        same=likeness(a, same, scenes)[0],
        untrained=likeness(untrained[0], untrained[1], scenes)[0],
        late=tuple(late),
    )  # fmt: skip


def _train_steps(experiment: Experiment, steps: int) -> Steps[tuple[nn.Module, float]]:
    sets = yield from draw_sets_steps(experiment)
    net = networks.build(experiment)
    yield from fit_steps(net, experiment, sets.training, steps)
    return net, accuracy(net, sets.new)


def likeness(
    a: nn.Module, b: nn.Module, scenes: UInt8[Tensor, "n 3 h w"]
) -> tuple[Likeness, tuple[Sequence[int], Sequence[int]]]:
    """Compare two networks: the weights of their first filters, and their blocks by CKA.

    Args:
        a: A network.
        b: Another one.
        scenes: The pictures by which blocks are compared.

    Returns:
        How alike they are, and the indices of the matched filters of both.
    """
    pairs = compare.pair_units(_filters(a).flatten(1).T.numpy(), _filters(b).flatten(1).T.numpy())
    cka = {
        name: round(compare.cka(rows, others, compare.BATCH_SIZE), 4)
        for (name, rows), others in zip(
            _features(a, scenes).items(), _features(b, scenes).values(), strict=True
        )
    }
    matched = tuple(round(float(r), 4) for r in pairs.r)
    return Likeness(matched, cka), (pairs.units[:, 0].tolist(), pairs.units[:, 1].tolist())


def _filters(net: nn.Module) -> Tensor:
    layer = next(each for each in net.children() if isinstance(each, nn.Conv2d))
    return layer.weight.detach()


def _features(net: nn.Module, scenes: UInt8[Tensor, "n 3 h w"]) -> dict[str, np.ndarray]:
    """Return the output of each block for each scene, all positions."""
    found: dict[str, np.ndarray] = {}
    x = as_input(scenes)
    with torch.no_grad():
        for layer in net.children():
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                found[block_name(len(found) + 1)] = x.flatten(1).numpy()
    return found


def _late_steps(net: nn.Module, experiment: Experiment) -> Steps[LateChannels]:
    """Choose the channels of the last block that stand for a part most clearly, and render them."""
    m = as_model(net, experiment)
    relu = f"relu{BLOCKS}"
    scenes = yield from dissect.draw_scenes_steps(SIZE, SCENES, experiment.classes)
    scores = yield from dissect.parts_steps(m, [relu], SCENES, scenes)
    best = scores[relu].best().sort_values("part_iou", ascending=False, kind="stable").head(SHOWN)
    yield Progress(0, 1, note="rendering neuron pictures")
    objectives = [visualize.channel(LAST, int(index)) for index in best.index]
    rendering = yield from visualize.render_steps(m, objectives, PICTURE_SIDE)
    overlaps = tuple(round(float(iou), 4) for iou in best["part_iou"])
    return LateChannels(tuple(best["part"]), overlaps, _as_webp(rendering.pictures))


def _as_webp(pictures: UInt8[np.ndarray, "n h w 3"]) -> str:
    """Pack pictures side by side."""
    file = io.BytesIO()
    Image.fromarray(np.concatenate(list(pictures), axis=1)).save(file, "WEBP",
                                                                 quality=WEBP_QUALITY)  # fmt: skip
    return base64.b64encode(file.getvalue()).decode()
