"""Answers on a set are those of each picture; ten crops and heat maps show the changed one."""

import numpy as np
import pytest
import torch

from core import corruptions, predict, saliency, zoo
from core.corruptions import DIALS
from core.corruptions.answers import dial_input_steps
from core.steps import drain
from tests.held_set import draw_set


@pytest.fixture(scope="module")
def drawn():
    return draw_set(3, size=48)


def test_each_row_has_the_answers_of_its_picture_and_comes_as_it_is_computed(
    small_model: zoo.Model, drawn
):
    steps = corruptions.set_answer_steps(small_model, drawn, DIALS["jpeg"])
    previews: list[np.ndarray] = []
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            rows = stop.value
            break
        previews += list(progress.preview or [])
    np.testing.assert_array_equal(np.stack(previews), rows)
    for row, img in zip(rows, drawn.pictures, strict=True):
        answers = drain(corruptions.dial_answer_steps(small_model, img, DIALS["jpeg"]))
        np.testing.assert_allclose(row.reshape(answers.logits.shape), answers.logits, atol=1e-4)


def test_ten_crops_are_the_corners_the_middle_and_their_mirror_images():
    x = torch.arange(3 * 64 * 64.0).reshape(3, 64, 64)
    crops = corruptions.ten_crops(x)
    assert crops.shape == (10, 3, 64, 64)
    torch.testing.assert_close(crops[5:], crops[:5].flip(3))
    # The picture grows by rows of 64, so that the mean of a crop tells where it lies.
    means = crops[:5, 0].mean((1, 2))
    centre = x[0].mean()
    expected = [centre - 4 * 64 - 4, centre - 4 * 64 + 4, centre + 4 * 64 - 4,
                centre + 4 * 64 + 4, centre]  # fmt: skip
    torch.testing.assert_close(means, torch.stack(expected), atol=0.5, rtol=0)


def test_ten_crop_answers_are_the_mean_of_the_probabilities(small_model: zoo.Model, drawn):
    rows = drain(corruptions.ten_crop_steps(small_model, drawn, DIALS["contrast"], 2))
    assert rows.shape == (3, len(small_model.labels))
    colours = drain(dial_input_steps(small_model, drawn.pictures[1], DIALS["contrast"]))[2]
    x = small_model.preprocessing.normalised(corruptions.ten_crops(colours))
    with small_model.borrow() as net, torch.no_grad():
        mean = net(x).softmax(1).mean(0)
    np.testing.assert_allclose(np.exp(rows[1]), mean.numpy(), atol=1e-5)
    assert np.exp(rows).sum(1) == pytest.approx(np.ones(3), abs=1e-5)


def test_heat_maps_before_and_after_are_those_of_both_pictures(small_model: zoo.Model, noise):
    looked = drain(
        corruptions.looked_at_steps(small_model, noise, DIALS["covered"], 5, "gradient", None)
    )
    before = saliency.explain(small_model, [noise], "gradient")[0]
    np.testing.assert_allclose(looked.before, before, atol=1e-5)
    (top,) = predict.top_classes(small_model, [noise], 1)
    assert looked.class_index == top[0].index
    assert np.abs(looked.after - looked.before).max() > 1e-6
    answers = drain(corruptions.dial_answer_steps(small_model, noise, DIALS["covered"]))
    assert looked.answer_index == answers.logits[5].argmax()
    if not looked.changed:
        np.testing.assert_allclose(looked.after, looked.answer, atol=1e-6)
    other = drain(
        corruptions.looked_at_steps(small_model, noise, DIALS["covered"], 5, "gradient", 7)
    )
    assert other.class_index == 7
    assert np.abs(other.before - looked.before).max() > 1e-6
