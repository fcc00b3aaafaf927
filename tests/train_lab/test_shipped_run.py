"""The run that ships: what the page says of it is true of its weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.settings import SHIPPED_RUNS
from core.train_lab import reports
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.one_step import load_weights
from core.train_lab.pictures import TRAINING, VALIDATION, draw_all
from core.train_lab.reports import End
from core.train_lab.trainer import probabilities, validate

FIRST = Experiment()
FOLDER = SHIPPED_RUNS / FIRST.identity
# Weights are kept in 16 bits, and another processor rounds differently.
ROUNDED = 0.01


@pytest.fixture(scope="module")
def found():
    return reports.read(FOLDER)[0]


@pytest.fixture(scope="module")
def new_pictures():
    return draw_all(FIRST, VALIDATION)


@pytest.fixture(scope="module")
def net(found):
    return load_weights(FOLDER, FIRST, found[-1].step)


def test_it_is_the_first_experiment_of_the_page_and_the_only_one():
    assert [folder.name for folder in SHIPPED_RUNS.iterdir()] == [FIRST.identity], (
        "run python -m core.train_lab"
    )


def test_it_has_reached_its_goal(found, net, new_pictures):
    last = found[-1]
    assert last.end is End.GOAL
    measured = validate(net, new_pictures, 3)
    assert measured.accuracy == pytest.approx(last.validation_accuracy, abs=ROUNDED)
    assert measured.loss == pytest.approx(last.validation_loss, abs=ROUNDED)
    assert (measured.confusion - torch.tensor(last.confusion)).abs().sum() <= 6
    setup = reports.read_setup(FOLDER)
    assert setup.parameters == sum(each.numel() for each in net.parameters())


def test_it_is_right_for_nine_in_ten_scenes_of_other_seeds(net):
    fresh = [draw_all(replace(FIRST, seed=seed), VALIDATION) for seed in (101, 102, 103)]
    accuracies = [validate(net, pictures, 3).accuracy for pictures in fresh]
    assert sum(accuracies) / len(accuracies) > 0.9


def test_it_has_never_seen_the_new_pictures(new_pictures):
    seen = {picture.numpy().tobytes() for picture in draw_all(FIRST, TRAINING).pictures}
    assert not seen & {picture.numpy().tobytes() for picture in new_pictures.pictures}


def test_it_began_by_guessing(new_pictures):
    first = load_weights(FOLDER, FIRST, kept_steps(FOLDER)[0])
    assert kept_steps(FOLDER)[0] == 0
    assert validate(first, new_pictures, 3).accuracy == pytest.approx(1 / 3, abs=0.1)
    assert torch.bincount(new_pictures.labels).tolist() == [100, 100, 100]


def test_what_it_says_of_the_watched_picture_is_what_the_page_shows(found, net, new_pictures):
    answer = probabilities(net, new_pictures.pictures[0])
    assert answer.tolist() == pytest.approx(list(found[-1].probabilities), abs=0.02)
    shown = torch.from_numpy(np.array(reports.read_picture(FOLDER)))
    assert torch.equal(shown.permute(2, 0, 1), new_pictures.pictures[0])


def test_its_curves_fall_and_rise_as_the_page_says(found):
    losses = [each.validation_loss for each in found if each.validation_loss is not None]
    assert losses[-1] < losses[0] / 2
    assert found[-1].accuracy > found[1].accuracy + 0.3
