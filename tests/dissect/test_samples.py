"""Samples of layers: the same thresholds as of all drawn values, in bounded memory."""

import pytest
import torch

from core import dissect, zoo
from core.dissect import samples
from core.dissect.overlaps import thresholds
from core.dissect.samples import PER_PICTURE, Samples, read_together
from core.layers import find_layers
from core.steps import drain

LAYERS = ["layer1", "layer2", "layer3"]


@pytest.mark.parametrize("side", [3, 30])
@pytest.mark.parametrize("most", [1, 10**9])
def test_thresholds_are_those_of_all_drawn_values(
    side: int, most: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(samples, "MAX_SORTED", most)
    found, drawn = Samples(10), []
    for seed in range(2):
        maps = torch.rand(5, 4, side, side)
        found.add(maps, seed)
        generator = torch.Generator().manual_seed(seed)
        positions = torch.randint(side * side, (PER_PICTURE,), generator=generator)
        drawn.append(maps.flatten(2)[:, :, positions].movedim(1, 2).flatten(0, 1))
    assert torch.equal(found.thresholds(), thresholds(torch.cat(drawn)))
    assert found.nbytes == 4 * 10 * 4 * min(side * side, PER_PICTURE)


def test_groups_of_layers_stay_below_the_limit(monkeypatch: pytest.MonkeyPatch):
    m = zoo.load("untrained/test_resnet")
    layers = find_layers(m.layers, LAYERS)
    sizes = [2 * min(PER_PICTURE, each.shape[1] * each.shape[2]) * each.shape[0] for each in layers]
    assert read_together(layers, 2) == [LAYERS]
    monkeypatch.setattr(samples, "MAX_VALUES", sizes[0] + sizes[1])
    assert read_together(layers, 2) == [LAYERS[:2], LAYERS[2:]]
    monkeypatch.setattr(samples, "MAX_VALUES", 1)
    assert read_together(layers, 2) == [[name] for name in LAYERS]


def test_scores_do_not_depend_on_the_groups(monkeypatch: pytest.MonkeyPatch):
    m = zoo.load("untrained/test_resnet")
    together = drain(dissect.parts_steps(m, LAYERS, 30))
    monkeypatch.setattr(samples, "MAX_VALUES", 1)
    steps = dissect.parts_steps(m, LAYERS, 30)
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            alone = end.value
            break
    assert [progress.step for progress in seen] == list(range(1, len(seen) + 1))
    assert {progress.total for progress in seen} == {len(seen)}
    assert list(alone) == LAYERS
    for name in LAYERS:
        assert (alone[name].iou == together[name].iou).all()
