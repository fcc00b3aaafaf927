"""Studies of many networks: they are deterministic, go on where they were stopped, and compare."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from core import scenes
from core.steps import drain
from core.textbook import MAX_BLOCKS, TextbookNetwork, window
from core.train_lab import networks, pictures
from core.train_lab.studies import depth, likeness, transfer
from core.train_lab.studies.findings import difference
from core.train_lab.studies.rows import (
    FILE_NAME,
    Start,
    read_depth,
    read_likeness,
    read_transfer,
)
from core.train_lab.studies.run import study_steps
from core.train_lab.studies.study import (
    CARS,
    FACES,
    SIZE,
    Question,
    depth_study,
    experiment_of,
    from_json,
    likeness_study,
    transfer_study,
)

SMALL = {
    Question.DEPTH: replace(depth_study(), pictures=(2,), steps=2, repeats=1),
    Question.LIKENESS: replace(likeness_study(), pictures=(2,), steps=2, repeats=1),
    Question.TRANSFER: replace(transfer_study(), pictures=(1,), steps=2, repeats=1),
}


@pytest.fixture(autouse=True)
def _few_scenes(monkeypatch):
    monkeypatch.setattr(pictures, "VALIDATION_PICTURES", 24)
    monkeypatch.setattr(transfer, "SOURCE_PICTURES", 2)
    monkeypatch.setattr(depth, "SCENES", 8)
    monkeypatch.setattr(likeness, "SCENES", 8)
    monkeypatch.setattr(likeness, "SHOWN", 1)
    monkeypatch.setattr(likeness, "PICTURE_SIDE", 16)


def test_a_study_goes_on_after_its_last_whole_row_with_the_same_figures(tmp_path):
    study = SMALL[Question.TRANSFER]
    drain(study_steps(study, tmp_path))
    file = tmp_path / FILE_NAME
    rows = read_transfer(file)
    assert len(rows) == study.row_count
    assert {row.seed for row in rows} == set(study.seeds)
    whole = file.read_bytes()
    file.write_bytes(whole[: whole[:-1].rfind(b"\n") + 1] + b'{"half a row')
    drain(study_steps(study, tmp_path))
    assert file.read_bytes() == whole


def test_a_study_of_depth_measures_every_layer_of_every_depth(tmp_path, monkeypatch):
    monkeypatch.setattr(depth, "MAX_BLOCKS", 2)
    drain(study_steps(SMALL[Question.DEPTH], tmp_path))
    rows = read_depth(tmp_path / FILE_NAME)
    assert [row.blocks for row in rows] == [1, 2]
    assert [list(row.purity) for row in rows] == [
        ["pixels", "block 1", "class scores"], ["pixels", "block 1", "block 2", "class scores"],
    ]  # fmt: skip
    assert [dict(row.channels) for row in rows] == [
        {"block 1": 8}, {"block 1": 8, "block 2": 16},
    ]  # fmt: skip
    assert all(
        row.parts.keys() == row.untrained_parts.keys() == row.channels.keys() for row in rows
    )
    assert rows[0].purity["pixels"] == rows[1].purity["pixels"]


def test_a_study_of_likeness_compares_and_shows_late_channels_once(tmp_path):
    study = SMALL[Question.LIKENESS]
    drain(study_steps(study, tmp_path))
    (row,) = read_likeness(tmp_path / FILE_NAME)
    assert [each.shape for each in row.filters] == [(8, 3, 3, 3)] * 2
    assert list(row.other.filters) == sorted(row.other.filters, reverse=True)
    assert row.untrained != row.other
    assert [len(each.parts) for each in row.late] == [1, 1]


def test_a_study_survives_the_way_to_its_process_and_another_seed_is_another_study():
    for study in SMALL.values():
        assert from_json(study.as_json()) == study
        assert replace(study, seed=1).identity != study.identity
    assert len({study.identity for study in SMALL.values()}) == 3


def test_only_the_kept_blocks_are_those_of_the_source():
    source = networks.build(experiment_of(FACES, 1, seed=1))
    target = networks.build(experiment_of(CARS, 1, seed=2))
    transfer.copy_blocks(source, target, 2)
    equal = {
        name: torch.equal(layer.weight, target.get_submodule(name).weight)
        for name, layer in source.named_children()
        if isinstance(layer, nn.Conv2d)
    }
    assert equal == {"conv1": True, "conv2": True, "conv3": False}


def test_frozen_blocks_compute_what_they_compute_in_the_whole_network():
    """Their outputs are computed once: the accuracy is that of the network as a whole."""
    experiment = experiment_of(CARS, 2, seed=3)
    sets = drain(transfer.draw_sets_steps(experiment))
    net = networks.build(experiment)
    before = net.get_submodule("conv2").weight.clone()
    reached = drain(transfer._learn_steps(net, 2, experiment, (sets.training, sets.new), 5))
    assert torch.equal(net.get_submodule("conv2").weight, before)
    answers = net(sets.new.x).argmax(1)
    assert reached == pytest.approx((answers == sets.new.labels).float().mean().item(), abs=1e-4)


def test_a_network_is_wholly_alike_with_itself_and_its_filters_are_paired_with_themselves():
    net = networks.build(experiment_of(FACES, 1, seed=1))
    drawn = scenes.batch(5, range(12), SIZE, [{"class_": name} for name in scenes.CLASSES[:12]])
    found, (rows, others) = likeness.likeness(net, net, drawn.pictures)
    assert found.filters == pytest.approx([1.0] * 8)
    assert rows == others
    assert list(found.cka.values()) == pytest.approx([1.0] * 3)


@pytest.mark.parametrize("blocks", range(1, MAX_BLOCKS + 1))
def test_the_window_of_a_channel_is_what_its_gradient_reaches(blocks):
    """With positive weights, and means for maxima, every pixel of the window has a gradient."""
    side = 4 * 2**blocks
    net = TextbookNetwork(blocks, side, 2)
    layers = [
        nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer
        for layer in net.children()
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d)
    ]
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
    x = torch.zeros(1, 3, side, side, requires_grad=True)
    nn.Sequential(*layers)(x)[0, 0, 2, 2].backward()
    reached = int((x.grad[0, 0].sum(0) != 0).sum())
    # The window may be larger than what is inside the picture.
    start = 2 * 2**blocks - (2**blocks - 1)
    stop = start + window(blocks)
    assert reached == min(stop, side) - max(start, 0)


def test_a_difference_is_clear_only_where_three_seeds_agree():
    better = difference({0: 0.5, 1: 0.6, 2: 0.7}, {0: 0.4, 1: 0.5, 2: 0.5})
    assert better.more
    assert better.mean == pytest.approx(0.4 / 3)
    assert not difference({0: 0.5, 1: 0.6, 2: 0.7}, {0: 0.4, 1: 0.7, 2: 0.5}).clear
    assert not difference({0: 0.5, 1: 0.6}, {0: 0.4, 1: 0.5}).clear
    assert difference({0: 0.1, 1: 0.1, 2: 0.1}, {0: 0.4, 1: 0.5, 2: 0.5, 3: 0.0}).less


def test_all_starts_are_tried_with_the_same_pictures():
    found = transfer.cells(transfer_study())
    assert len(set(found)) == len(found) == transfer_study().row_count
    assert {kept for start, kept, *_ in found if start is Start.FROZEN} == {1, 2, 3}
