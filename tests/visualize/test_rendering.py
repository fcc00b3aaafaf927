"""Rendering: scores rise, units that start off recover, dead units are marked, batches agree."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import visualize, zoo
from core.memory import OutOfMemory
from core.steps import drain
from core.visualize import Quality, Transforms, ascent, rendering
from core.visualize.adam import Adam
from core.visualize.canvas import CANVASES

SMALL = Quality(size=32, steps=24)
# For tests of what does not depend on how far the ascent comes.
SHORT = Quality(size=32, steps=6)
STILL = Transforms(jitter=(0, 0), zoom=(0, 0), turn=(0, 0))


@pytest.fixture
def m() -> zoo.Model:
    """A small model that the test may change."""
    return zoo.load("untrained/test_resnet")


@pytest.mark.parametrize("canvas", CANVASES)
def test_scores_rise_with_the_number_of_steps(m: zoo.Model, canvas: str):
    objectives = [visualize.class_logit(5), visualize.class_logit(3)]
    quality = replace(SMALL, canvas=canvas)
    after_1, after_48 = (
        drain(visualize.render_steps(m, objectives, steps=steps, quality=quality)).scores
        for steps in (1, 48)
    )
    assert (after_48 > after_1).all()


def test_pictures_have_the_given_size_and_are_reproducible(m: zoo.Model):
    objectives = [visualize.channel("layer1", index) for index in range(3)]
    pictures = visualize.render(m, objectives, size=40, steps=4)
    assert pictures.shape == (3, 40, 40, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures, visualize.render(m, objectives, size=40, steps=4))
    assert not np.array_equal(pictures, visualize.render(m, objectives, size=40, steps=4, seed=1))


def test_picture_does_not_depend_on_its_batch(m: zoo.Model, monkeypatch):
    m.net.double()
    objectives = [visualize.channel("layer2", index) for index in range(4)]
    together = drain(visualize.render_steps(m, objectives, quality=SHORT))
    monkeypatch.setattr("core.visualize.rendering.BATCH_PIXELS", 1)  # one picture per batch
    separately = drain(visualize.render_steps(m, objectives, quality=SHORT))
    np.testing.assert_allclose(together.scores, separately.scores, rtol=1e-9)
    assert np.array_equal(together.pictures, separately.pictures)


@pytest.mark.parametrize("message", ["DefaultCPUAllocator: can't allocate memory", None])
def test_batch_is_halved_when_memory_runs_out(m: zoo.Model, monkeypatch, message):
    error = RuntimeError(message) if message else torch.OutOfMemoryError("CUDA out of memory")
    ascent_steps = rendering.ascent_steps

    def run_out_of_memory(m, objectives, *args, **options):
        if len(objectives) > 2:
            raise error
        return ascent_steps(m, objectives, *args, **options)

    objectives = [visualize.channel("layer2", index) for index in range(5)]
    whole = drain(visualize.render_steps(m, objectives, quality=SHORT))
    monkeypatch.setattr(rendering, "ascent_steps", run_out_of_memory)
    steps = visualize.render_steps(m, objectives, quality=SHORT)
    progresses = list(progress_of(steps))
    assert max(progress.preview[0] for progress in progresses if progress.preview) == 3
    assert steps.gi_frame is None  # the generator has finished
    halved = drain(visualize.render_steps(m, objectives, quality=SHORT))
    np.testing.assert_allclose(halved.scores, whole.scores, rtol=0.05)


def test_out_of_memory_names_the_size_if_a_single_picture_does_not_fit(m: zoo.Model, monkeypatch):
    def run_out_of_memory(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(rendering, "ascent_steps", run_out_of_memory)
    with pytest.raises(OutOfMemory, match="32 pixels"):
        visualize.render(m, [visualize.class_logit(0)], quality=SMALL)


def test_other_runtime_errors_are_raised_unchanged(m: zoo.Model, monkeypatch):
    def fail(*args, **options):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(rendering, "ascent_steps", fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        visualize.render(m, [visualize.class_logit(0)], quality=SMALL)


def test_importance_is_high_in_the_receptive_field(m: zoo.Model):
    quality = replace(SMALL, transforms=STILL)
    objective = visualize.neuron("layer1", 3, 0, 0)
    (importance,) = drain(visualize.render_steps(m, [objective], quality=quality)).importance
    assert importance.shape == (32, 32)
    assert importance.mean() == pytest.approx(1, rel=1e-4)
    assert importance[:8, :8].sum() > 0.9 * importance.sum()  # the receptive field of (0, 0)


def test_translucent_fades_unimportant_pixels():
    picture = np.full((4, 4, 3), 7, np.uint8)
    importance = np.zeros((4, 4), np.float32)
    importance[0] = 4
    importance[1] = 2
    rgba = visualize.translucent(picture, importance)
    assert (rgba[..., :3] == 7).all()
    assert rgba[:, 0, 3].tolist() == [255, 127, 0, 0]
    assert not visualize.translucent(picture, np.zeros((4, 4), np.float32))[..., 3].any()


def make_dead(m: zoo.Model, unit: int) -> None:
    """Give a unit of the first layer a response of 0 to every picture."""
    with torch.no_grad():
        m.net.bn1.weight[unit] = 0
        m.net.bn1.bias[unit] = -1


def test_ascent_of_a_dead_unit_stops_early(m: zoo.Model):
    make_dead(m, 3)
    quality = replace(SMALL, steps=60)
    steps = ascent.ascent_steps(m, [visualize.channel("act1", 3)], quality, 0)
    assert len(list(progress_of(steps))) < 20


def test_unit_that_is_off_at_the_start_recovers(m: zoo.Model, monkeypatch):
    with torch.no_grad():
        m.net.bn1.weight[5] = 4
        m.net.bn1.bias[5] = -0.5  # after the rectifier: 0 everywhere on a canvas of low contrast

    def rendered() -> visualize.Rendering:
        return drain(visualize.render_steps(m, [visualize.channel("act1", 5)], quality=SMALL))

    assert rendered().scores[0] > 0
    assert not rendered().dead[0]
    monkeypatch.setattr("core.visualize.ascent.LEAK_SLOPE", 0.0)
    assert rendered().dead[0]


def test_only_the_dead_unit_is_marked_dead(m: zoo.Model):
    make_dead(m, 3)
    objectives = [visualize.channel("act1", index) for index in (2, 3, 4)]
    result = drain(visualize.render_steps(m, objectives, quality=SMALL))
    assert result.dead.tolist() == [False, True, False]


def test_misclassified_class_picture_is_tried_again(m: zoo.Model, monkeypatch):
    attempts = []
    ascent_steps = rendering.ascent_steps

    def fail_once(m, objectives, quality, seed, redirected=False):
        """In the first attempt, mark the picture of class 5 as misclassified."""
        attempts.append((seed, len(objectives), redirected))
        result = yield from ascent_steps(m, objectives, quality, seed, redirected)
        if len(attempts) == 1:
            result.scores[1], result.misclassified[:] = -9.0, [False, True, False]
        return result

    monkeypatch.setattr(rendering, "ascent_steps", fail_once)
    classes = (3, 5, 7)
    objectives = [visualize.class_logit(index) for index in classes]
    result = drain(visualize.render_steps(m, objectives, quality=SMALL))
    assert attempts == [(0, 3, False), (1, 1, False)]
    assert result.scores[1] > -9
    monkeypatch.setattr(rendering, "ascent_steps", ascent_steps)
    longer = drain(visualize.render_steps(m, objectives, quality=SMALL))
    x = torch.from_numpy(longer.pictures).permute(0, 3, 1, 2) / 255
    predicted = m.net(m.preprocessing.normalised(x)).argmax(1)
    assert longer.misclassified.tolist() == [
        top != target for top, target in zip(predicted, classes, strict=True)
    ]


def test_variations_differ_more_with_diversity(m: zoo.Model):
    unit = visualize.channel("layer3", 2)

    def similarity(weight: float) -> float:
        variations = visualize.render(m, [visualize.diverse(unit, 3, weight)], quality=SMALL)
        x = torch.from_numpy(variations).permute(0, 3, 1, 2).float() / 127.5 - 1
        features = m.net.forward_features(x)  # layer4's input goes through layer3
        return visualize.diverse(unit).similarity({"layer3": features}).item()

    assert similarity(5.0) < similarity(0.0)


def test_progress_reaches_the_total_and_previews_are_pictures(m: zoo.Model):
    steps = visualize.render_steps(m, [visualize.channel("layer1", 0)], size=32, steps=32)
    progresses = list(progress_of(steps))
    assert [progress.step for progress in progresses] == list(range(1, 33))
    previews = [progress.preview for progress in progresses if progress.preview]
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
def test_model_is_unchanged_after_success_and_failure(m: zoo.Model, fails: bool, monkeypatch):
    before = {name: value.clone() for name, value in m.net.state_dict().items()}
    if fails:
        monkeypatch.setattr(Adam, "step", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            visualize.render(m, [visualize.class_logit(0)], quality=SHORT)
    else:
        visualize.render(m, [visualize.class_logit(0)], quality=SHORT)
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    assert not any(getattr(module, name) for module in m.net.modules() for name in hooks)
    assert all(torch.equal(value, before[name]) for name, value in m.net.state_dict().items())
    assert all(parameter.grad is None for parameter in m.net.parameters())
