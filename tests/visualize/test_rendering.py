"""Rendering: scores rise, units that are off get going, dead ones say so, batches do not matter."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import visualize, zoo
from core.memory import OutOfMemory
from core.steps import drain
from core.visualize import Quality, Transforms, ascent, rendering
from core.visualize.canvas import CANVASES

SMALL = Quality(size=32, steps=24)
STILL = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0))


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


@pytest.mark.parametrize("message", ["DefaultCPUAllocator: can't allocate memory", None])
def test_what_does_not_fit_together_is_made_in_parts(m: zoo.Model, monkeypatch, message):
    error = RuntimeError(message) if message else torch.OutOfMemoryError("CUDA out of memory")
    climb_steps = rendering.climb_steps

    def short(m, objectives, *args, **more):
        if len(objectives) > 2:
            raise error
        return climb_steps(m, objectives, *args, **more)

    chosen = [visualize.channel("layer2", index) for index in range(5)]
    whole = drain(visualize.render_steps(m, chosen, quality=SMALL))
    monkeypatch.setattr(rendering, "climb_steps", short)
    seen = list(progress_of(steps := visualize.render_steps(m, chosen, quality=SMALL)))
    assert max(progress.preview[0] for progress in seen if progress.preview) == 3
    assert steps.gi_frame is None  # it came to its end
    parted = drain(visualize.render_steps(m, chosen, quality=SMALL))
    np.testing.assert_allclose(parted.scores, whole.scores, rtol=0.05)


def test_where_not_one_picture_fits_the_message_says_so(m: zoo.Model, monkeypatch):
    def short(*args, **more):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(rendering, "climb_steps", short)
    with pytest.raises(OutOfMemory, match="32 pixels"):
        visualize.render(m, [visualize.class_logit(0)], quality=SMALL)


def test_other_errors_are_not_taken_for_want_of_memory(m: zoo.Model, monkeypatch):
    def broken(*args, **more):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(rendering, "climb_steps", broken)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        visualize.render(m, [visualize.class_logit(0)], quality=SMALL)


def test_the_importance_map_is_where_the_objective_pulled(m: zoo.Model):
    plan = replace(SMALL, transforms=STILL)
    made = drain(visualize.render_steps(m, [visualize.neuron("layer1", 3, 0, 0)], quality=plan))
    (importance,) = made.importance
    assert importance.shape == (32, 32)
    assert importance.mean() == pytest.approx(1, rel=1e-4)
    assert importance[:8, :8].sum() > 0.9 * importance.sum()  # the receptive field of (0, 0)


def test_a_picture_fades_where_nothing_mattered():
    picture = np.full((4, 4, 3), 7, np.uint8)
    importance = np.zeros((4, 4), np.float32)
    importance[0] = 4
    importance[1] = 2
    shown = visualize.translucent(picture, importance)
    assert (shown[..., :3] == 7).all()
    assert shown[:, 0, 3].tolist() == [255, 127, 0, 0]
    assert not visualize.translucent(picture, np.zeros((4, 4), np.float32))[..., 3].any()


def test_what_is_flat_is_given_up_early(m: zoo.Model):
    with torch.no_grad():
        m.net.bn1.weight[3] = 0
        m.net.bn1.bias[3] = -1
    plan = replace(SMALL, steps=60)
    steps = ascent.climb_steps(m, [visualize.channel("act1", 3)], plan, 0)
    assert len(list(progress_of(steps))) < 20


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


def test_a_class_picture_that_is_taken_for_another_class_is_tried_again(m: zoo.Model, monkeypatch):
    tries = []
    climb_steps = rendering.climb_steps

    def stuck(m, objectives, plan, seed, redirected=False):
        """The first try of class 5 comes to nothing."""
        tries.append((seed, len(objectives), redirected))
        made = yield from climb_steps(m, objectives, plan, seed, redirected)
        if len(tries) == 1:
            made.scores[1], made.missed[:] = -9.0, [False, True, False]
        return made

    monkeypatch.setattr(rendering, "climb_steps", stuck)
    chosen = [visualize.class_logit(index) for index in (3, 5, 7)]
    made = drain(visualize.render_steps(m, chosen, quality=SMALL))
    assert tries == [(0, 3, False), (1, 1, False)]
    assert made.scores[1] > -9
    monkeypatch.setattr(rendering, "climb_steps", climb_steps)
    first = drain(visualize.render_steps(m, chosen, quality=replace(SMALL, steps=48)))
    expected = m.net(m.preprocessing.normalised(
        torch.from_numpy(first.pictures).permute(0, 3, 1, 2) / 255)).argmax(1)  # fmt: skip
    assert first.missed.tolist() == [
        top != own for top, own in zip(expected, (3, 5, 7), strict=True)
    ]


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
