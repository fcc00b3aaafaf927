"""Right for the right reason: the four cells, and where a map's maximum lies."""

import numpy as np
import pytest

from core import predict, saliency, zoo
from core.saliency.reasons import Reasons, reason_scenes, reason_steps
from core.steps import drain

CLASSES = ("wolf", "dog", "house")


def test_every_scene_is_in_one_cell():
    found = Reasons(
        ("wolf", "dog", "dog", "wolf"), ("wolf", "wolf", "dog", "wolf"),
        np.array([True, True, False, True]), np.full(4, 0.2), np.zeros((4, 2, 2), np.uint8),
    )  # fmt: skip
    cells = {(r, o): found.rows(r, o) for r in (True, False) for o in (True, False)}
    assert cells == {
        (True, True): [0, 3], (True, False): [2], (False, True): [1], (False, False): [],
    }  # fmt: skip


@pytest.mark.usefixtures("bundled")
def test_answers_and_maps_are_those_of_the_scenes():
    m = zoo.load("bundled/scenes-mobilenet")
    found = drain(reason_steps(m, CLASSES, 4))
    assert found.shown == ("wolf", "dog", "house", "wolf")
    imgs = reason_scenes(CLASSES, range(4), max(m.input_size[1:]))
    answers = predict.scores(m, imgs).logits.argmax(1)
    assert found.answered == tuple(m.labels[answer] for answer in answers)
    assert found.right.sum() >= 3  # it is right for 94 % of fresh scenes
    maps = saliency.explain(m, imgs, "stage_cam", answers.tolist())
    peaks = [np.unravel_index(each.argmax(), each.shape) for each in maps]
    for small, peak, whole in zip(found.maps, peaks, maps, strict=True):
        place = np.array(peak) * len(small) // len(whole)
        assert small[tuple(place)] >= np.quantile(small, 0.95)
        assert small.max() == 255
    assert ((found.area > 0) & (found.area < 0.8)).all()
