"""The studies that ship: what the page says of them is true of their rows, and can be repeated."""

from statistics import mean

import pytest

from core import compare
from core.settings import SHIPPED_STUDIES
from core.steps import drain
from core.textbook import MAX_BLOCKS
from core.train_lab import networks
from core.train_lab.studies import depth, transfer
from core.train_lab.studies.as_model import as_model
from core.train_lab.studies.findings import (
    accuracy_by_blocks,
    accuracy_by_start,
    difference,
    parts_share,
)
from core.train_lab.studies.fitting import draw_sets_steps
from core.train_lab.studies.rows import (
    Start,
    count_rows,
    read_depth,
    read_likeness,
    read_transfer,
)
from core.train_lab.studies.study import (
    CARS,
    FACES,
    PETS,
    SEED_STEP,
    depth_study,
    experiment_of,
    likeness_study,
    shipped_studies,
    transfer_study,
)
from core.workbench.studies import shipped_file
from pages.parts.train.depth_words import depth_text, parts_text
from pages.parts.train.likeness_words import filters_text, layers_text
from pages.parts.train.transfer_words import depth_of_transfer_text, frozen_text, tuned_text

DEPTH = read_depth(shipped_file(depth_study()))
LIKENESS = read_likeness(shipped_file(likeness_study()))
TRANSFER = read_transfer(shipped_file(transfer_study()))
# Of all together.
MAX_BYTES = 150_000


def test_they_are_the_first_studies_of_the_page_whole_and_small():
    files = {shipped_file(study) for study in shipped_studies()}
    assert set(SHIPPED_STUDIES.iterdir()) == files, "run python -m core.train_lab.studies"
    assert sum(file.stat().st_size for file in files) < MAX_BYTES
    for study in shipped_studies():
        assert count_rows(shipped_file(study)) == study.row_count
    assert {(row.blocks, row.seed) for row in DEPTH} == set(depth.cells(depth_study()))
    assert [(row.start, row.kept, row.pictures, row.seed) for row in TRANSFER] == transfer.cells(
        transfer_study()
    )


def test_depth_buys_what_the_page_says():
    accuracy = accuracy_by_blocks(DEPTH)
    means = {blocks: mean(values.values()) for blocks, values in accuracy.items()}
    assert max(means, key=means.get) == 4
    assert difference(accuracy[4], accuracy[1]).more
    assert difference(accuracy[MAX_BLOCKS], accuracy[4]).less
    assert "**Depth buys 4 points:** 4 blocks are right for 91%" in depth_text(DEPTH)
    assert "one block for 87%. With every seed, they are better" in depth_text(DEPTH)
    assert "With 5 it gets worse again." in depth_text(DEPTH)


def test_channels_for_parts_become_more_but_random_ones_match_some_as_the_page_says():
    four = [row for row in DEPTH if row.blocks == 4]
    assert all(parts_share(row) > parts_share(row, trained=False) > 0.1 for row in four)
    assert "34% of all channels stand for a part, and 22% did before" in parts_text(DEPTH)
    assert "Training adds some with every seed." in parts_text(DEPTH)


def test_depth_buys_something_for_the_other_classes_too_and_parts_are_rare_there():
    cars, pets = (read_depth(shipped_file(depth_study(classes))) for classes in (CARS, PETS))
    assert "**Depth buys 9 points:** 2 blocks are right for 84%" in depth_text(cars)
    assert "**Depth buys 5 points:** 3 blocks are right for 98%" in depth_text(pets)
    assert "which is no clear difference." in parts_text(cars)
    assert "no channel stands for a part" in parts_text(pets)


def test_the_last_layers_separate_the_classes_best_and_pixels_are_the_same_for_all_depths():
    for row in DEPTH:
        assert max(row.purity, key=row.purity.get) in list(row.purity)[-2:]
    pixels = {(row.seed, row.purity["pixels"]) for row in DEPTH}
    assert len(pixels) == depth_study().repeats


def test_faces_and_cars_have_as_much_in_common_as_the_page_says():
    for row in LIKENESS:
        assert mean(row.other.filters) > mean(row.untrained.filters)
        assert row.other.cka["block 1"] > row.other.cka["block 3"]
        assert row.same.cka["block 3"] > row.other.cka["block 3"] < row.untrained.cka["block 3"]
    assert "correlate by 0.31** on average" in filters_text(LIKENESS)
    assert "more alike than before training, by 0.04 on average" in filters_text(LIKENESS)
    text = layers_text(LIKENESS)
    assert "share 0.85 in block 1 and 0.40 in block 3**" in text
    assert "The later the block, the less they share." in text
    assert "Before training, the networks of faces and cars shared 0.76" in text


def test_the_first_blocks_transfer_best_as_the_page_says():
    accuracy = accuracy_by_start(TRANSFER)
    scratch = accuracy[Start.SCRATCH, 0, 300]
    costs = [difference(scratch, accuracy[Start.FROZEN, kept, 300]).mean for kept in (1, 2, 3)]
    assert costs == sorted(costs)
    text = depth_of_transfer_text(TRANSFER)
    assert text.startswith("**The first blocks transfer best.** With 300 pictures")
    assert "frozen costs 4, 11 and 21 points" in text


def test_frozen_blocks_of_faces_beat_random_ones_and_fine_tuning_gains_nothing():
    accuracy = accuracy_by_start(TRANSFER)
    for kept in (2, 3):
        kept_blocks, random = (accuracy[start, kept, 300] for start in (Start.FROZEN, Start.RANDOM))
        assert difference(kept_blocks, random).more
    assert "2 blocks from faces gave 22 points more than" in frozen_text(TRANSFER, 2)
    assert "hurts with 30 (−7 points), and makes no clear difference" in tuned_text(TRANSFER, 2)
    assert not any("helps" in tuned_text(TRANSFER, kept) for kept in (1, 2, 3))


def test_a_cell_of_transfer_can_be_repeated():
    """Random blocks, all frozen, with ten pictures: only the last layer learns."""
    study = transfer_study()
    sets = drain(draw_sets_steps(experiment_of(CARS, 10, seed=0)))
    net = networks.build(experiment_of(FACES, 1, seed=0))  # not used: nothing is kept
    steps = transfer._row_steps(study, (Start.RANDOM, 3, 10, 0), net, sets)
    assert drain(steps).accuracy == pytest.approx(_row(Start.RANDOM, 3, 10, 0), abs=0.03)


def test_figures_of_networks_before_training_can_be_repeated():
    """Class purity of the pixels, and the likeness of first filters that are still random."""
    experiment = experiment_of(FACES, 1, seed=0, blocks=1)
    net = networks.build(experiment)
    new = drain(draw_sets_steps(experiment)).new
    purity = drain(depth._purity_steps(as_model(net, experiment), experiment, new))
    shipped = next(row for row in DEPTH if row.seed == 0)
    assert purity["pixels"] == pytest.approx(shipped.purity["pixels"], abs=0.005)
    a, b = (
        networks.build(experiment_of(group, 1, seed)).get_submodule("conv1").weight.detach()
        for group, seed in ((FACES, 0), (CARS, SEED_STEP))
    )
    pairs = compare.pair_units(a.flatten(1).T.numpy(), b.flatten(1).T.numpy())
    assert pairs.r.tolist() == pytest.approx(list(LIKENESS[0].untrained.filters), abs=1e-3)


def _row(start: Start, kept: int, pictures: int, seed: int) -> float:
    return accuracy_by_start(TRANSFER)[start, kept, pictures][seed]
