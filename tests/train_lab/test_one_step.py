"""One step in numbers: each equals what autograd and the optimiser's formula give."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from core.train_lab import networks
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.one_step import STEPS, explain_step
from core.train_lab.pictures import TRAINING, draw_all
from core.training.augmentation import as_input

FIRST = Experiment(
    ("dog", "fir"), pictures=10, size=32, blocks=2, batch=8, rate=0.05, decay=0.01,
    difficulty=Difficulty(0, 0, 0, 0),
)  # fmt: skip


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
def test_updates_follow_the_formula(optimiser, tmp_path):
    experiment = replace(FIRST, optimiser=optimiser)
    explained = explain_step(experiment, networks.build(experiment), tmp_path)
    mean = square = 0.0
    assert len(explained.updates) == STEPS
    for number, update in enumerate(explained.updates, start=1):
        g = update.gradient + (0 if optimiser == "adam" else 0.01 * update.before)
        if optimiser == "adam":
            mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
            m, s = mean / (1 - 0.9**number), square / (1 - 0.999**number)
            assert update.mean == pytest.approx(m, rel=1e-4)
            assert update.square == pytest.approx(s, rel=1e-4)
            expected = update.before * (1 - 0.05 * 0.01) - 0.05 * m / (math.sqrt(s) + 1e-8)
        else:
            mean = (0.9 * mean if optimiser == "momentum" else 0) + g
            expected = update.before - 0.05 * mean
        assert update.after == pytest.approx(expected, rel=1e-4, abs=1e-7)
    for one, next_one in zip(explained.updates, explained.updates[1:], strict=False):
        assert next_one.before == one.after
        assert next_one.loss == pytest.approx(one.loss_after, rel=1e-5)


def test_the_answer_and_the_gradients_are_those_of_autograd(tmp_path):
    net = networks.build(FIRST)
    explained = explain_step(FIRST, networks.build(FIRST), tmp_path)
    batch = draw_all(FIRST, TRAINING)
    logits = net(as_input(batch.pictures[:8]))
    loss = functional.cross_entropy(logits, batch.labels[:8])
    loss.backward()
    assert list(explained.logits.values()) == pytest.approx(logits[0].tolist(), rel=1e-4)
    assert sum(explained.probabilities.values()) == pytest.approx(1)
    probability = explained.probabilities[explained.label]
    assert explained.picture_loss == pytest.approx(-math.log(probability), rel=1e-4)
    assert explained.updates[0].loss == pytest.approx(loss.item(), rel=1e-5)
    norms = [net.get_submodule(name).weight.grad.norm().item() for name in explained.gradients]
    assert list(explained.gradients.values()) == pytest.approx(norms, rel=1e-4)
    largest = net.conv1.weight.grad.abs().max().item()
    assert abs(explained.updates[0].gradient) == pytest.approx(largest, rel=1e-4)


def test_a_small_step_lowers_the_loss(tmp_path):
    experiment = replace(FIRST, optimiser="sgd", rate=0.01, decay=0.0)
    updates = explain_step(experiment, networks.build(experiment), tmp_path).updates
    losses = [update.loss for update in updates] + [updates[-1].loss_after]
    assert losses == sorted(losses, reverse=True)
    assert not torch.tensor(losses).isnan().any()
