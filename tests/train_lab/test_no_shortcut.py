"""No shortcut: without the parts in which classes differ, nothing in a picture tells its class."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from core.scenes import PARTS
from core.settings import SHIPPED_RUNS
from core.train_lab import networks
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.one_step import load_weights
from core.train_lab.pictures import (
    TRAINING,
    VALIDATION,
    LabelledPictures,
    draw_all,
    draw_scenes,
    true_labels,
)
from core.train_lab.trainer import Trainer, validate

ANIMALS = Experiment()
OBJECT = PARTS[PARTS.index("occluder") + 1 :]
# What all classes of a question have alike, in shape and place. Of cars everything differs.
ALIKE = {
    ANIMALS.classes: ("body", "leg", "head"),
    ("boy", "girl", "man", "grandmother"): ("body",),
    ("sedan", "sports car", "pickup", "van", "bus", "truck"): (),
}
# Pixels by which masks grow: the edge of a part is mixed with its surroundings.
EDGE = 2


def without_parts(experiment, part, count=None):
    """Return a set's pictures, grey where any class has a part that not all have alike.

    The same pixels are grey, whatever the class: otherwise the shape of the grey would tell it.
    """
    classes, alike = experiment.classes, ALIKE[experiment.classes]
    gone = torch.tensor([PARTS.index(name) for name in OBJECT if name not in alike])
    grey = torch.zeros(())
    for shift in range(len(classes)):
        turned = replace(experiment, classes=classes[shift:] + classes[:shift])
        parts = torch.cat([drawn.parts for drawn in draw_scenes(turned, part, count)])
        grey = grey + torch.isin(parts, gone).float()
    grown = functional.max_pool2d(grey[:, None], 2 * EDGE + 1, stride=1, padding=EDGE) > 0
    pictures = torch.where(grown, 128, draw_all(experiment, part, count).pictures)
    return LabelledPictures(pictures.byte(), true_labels(experiment, part)[:count])


def accuracy_after_training(experiment, training, validation):
    trainer = Trainer(experiment, networks.build(experiment), training)
    for epoch in range(8):
        list(trainer.epoch(epoch))
    return validate(trainer.net, validation, len(experiment.classes)).accuracy


@pytest.mark.parametrize("classes", ALIKE, ids=lambda classes: classes[0])
def test_a_network_learns_nothing_without_the_parts(classes):
    experiment = replace(ANIMALS, classes=classes, pictures=100, size=32, batch=16)
    chance = 1 / len(classes)
    with_parts = accuracy_after_training(
        experiment, draw_all(experiment, TRAINING), draw_all(experiment, VALIDATION)
    )
    without = accuracy_after_training(
        experiment, without_parts(experiment, TRAINING), without_parts(experiment, VALIDATION)
    )
    assert with_parts > chance + 0.2
    assert without < chance + 0.1


def test_the_network_that_ships_falls_to_chance_without_the_parts():
    folder = SHIPPED_RUNS / ANIMALS.identity
    net = load_weights(folder, ANIMALS, kept_steps(folder)[-1])
    assert validate(net, draw_all(ANIMALS, VALIDATION), 3).accuracy > 0.85
    assert validate(net, without_parts(ANIMALS, VALIDATION), 3).accuracy < 1 / 3 + 0.1
