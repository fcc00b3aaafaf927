"""Rendering: scores rise, units that are off get going, dead ones say so, batches do not matter."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import visualize, zoo
from core.steps import drain
from core.visualize import Quality
from core.visualize.canvas import CANVASES

SMALL = Quality(size=32, steps=24)


@pytest.fixture
def m() -> zoo.Model:
    """A small model of one's own, to be changed."""
    return zoo.load("untrained/test_resnet")


@pytest.mark.parametrize("canvas", CANVASES)
def test_scores_rise(m: zoo.Model, canvas: str):
    objectives = [visualize.class_logit(5), visualize.class_logit(3)]
    plan = replace(SMALL, canvas=canvas)
    few, many = (
        drain(visualize.render_steps(m, objectives, steps=steps, quality=plan)).scores
        for steps in (1, 48)
    )
    assert (many > few).all()


def test_pictures_are_bytes_of_the_size_asked_for_and_the_same_for_a_seed(m: zoo.Model):
    chosen = [visualize.channel("layer1", index) for index in range(3)]
    first = visualize.render(m, chosen, size=40, steps=4)
    assert first.shape == (3, 40, 40, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, visualize.render(m, chosen, size=40, steps=4))
    assert not np.array_equal(first, visualize.render(m, chosen, size=40, steps=4, seed=1))


def test_a_picture_does_not_depend_on_its_batch(m: zoo.Model, monkeypatch):
    m.net.double()
    chosen = [visualize.channel("layer2", index) for index in range(4)]
    together = drain(visualize.render_steps(m, chosen, quality=SMALL))
    monkeypatch.setattr("core.visualize.rendering.PIXELS", 1)  # one picture at a time
    apart = drain(visualize.render_steps(m, chosen, quality=SMALL))
    np.testing.assert_allclose(together.scores, apart.scores, rtol=1e-9)
    assert np.array_equal(together.pictures, apart.pictures)


def test_a_unit_that_is_off_at_the_start_gets_going(m: zoo.Model, monkeypatch):
    with torch.no_grad():
        m.net.bn1.weight[5] = 4
        m.net.bn1.bias[5] = -0.5  # behind its rectifier: 0 everywhere on a faint canvas

    def made() -> visualize.Rendering:
        return drain(visualize.render_steps(m, [visualize.channel("act1", 5)], quality=SMALL))

    assert made().scores[0] > 0
    assert not made().dead[0]
    monkeypatch.setattr("core.visualize.ascent.LEAK", 0.0)
    assert made().dead[0]


def test_a_dead_unit_says_so_and_the_living_beside_it_do_not(m: zoo.Model):
    with torch.no_grad():
        m.net.bn1.weight[3] = 0
        m.net.bn1.bias[3] = -1
    chosen = [visualize.channel("act1", index) for index in (2, 3, 4)]
    made = drain(visualize.render_steps(m, chosen, quality=SMALL))
    assert made.dead.tolist() == [False, True, False]


def test_faces_of_one_unit_differ_more_where_diversity_counts(m: zoo.Model):
    unit = visualize.channel("layer3", 2)

    def likeness(weight: float) -> float:
        faces = visualize.render(m, [visualize.diverse(unit, 3, weight)], quality=SMALL)
        x = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 127.5 - 1
        seen = m.net.forward_features(x)  # layer4's input goes through layer3
        return visualize.diverse(unit).likeness({"layer3": seen}).item()

    assert likeness(5.0) < likeness(0.0)


def test_progress_runs_to_the_end_and_previews_are_pictures(m: zoo.Model):
    steps = visualize.render_steps(m, [visualize.channel("layer1", 0)], size=32, steps=32)
    seen = list(progress_of(steps))
    assert [progress.step for progress in seen] == list(range(1, 33))
    previews = [progress.preview for progress in seen if progress.preview]
    assert len(previews) == 3
    first, pictures = previews[0]
    assert first == 0
    assert pictures.shape == (1, 32, 32, 3)


def progress_of(steps) -> Iterator:
    while True:
        try:
            yield next(steps)
        except StopIteration:
            return


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(m: zoo.Model, fails: bool, monkeypatch):
    before = {name: value.clone() for name, value in m.net.state_dict().items()}
    if fails:
        monkeypatch.setattr(torch.optim.Adam, "step", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            visualize.render(m, [visualize.class_logit(0)], quality=SMALL)
    else:
        visualize.render(m, [visualize.class_logit(0)], quality=SMALL)
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    assert not any(getattr(module, name) for module in m.net.modules() for name in hooks)
    assert all(torch.equal(value, before[name]) for name, value in m.net.state_dict().items())
    assert all(parameter.grad is None for parameter in m.net.parameters())
