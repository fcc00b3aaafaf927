"""A photograph with one thing changed: what changes, what stays, and the answers."""

import numpy as np
import pytest

from core import zoo
from core.interventions import (
    PHOTO_CHANGES,
    UNCHANGED,
    PhotoAnswers,
    area_cells,
    changed_photographs,
    photo_answer_steps,
)
from core.interventions.area import CELLS, mask
from core.interventions.photo_changes import BACKGROUND, OBJECT, SIDE
from core.pictures import photo
from core.steps import drain

CAT = photo("chelsea")
AREA = np.zeros((CELLS, CELLS), bool)
AREA[8:24, 4:20] = True


@pytest.fixture(scope="module")
def changed() -> dict[str, np.ndarray]:
    return {key: np.asarray(img, int) for key, img in changed_photographs(CAT, AREA).items()}


def test_every_change_keeps_the_size_and_changes_the_picture(changed):
    assert list(changed) == [UNCHANGED, *PHOTO_CHANGES]
    for key, pixels in changed.items():
        assert pixels.shape == (CAT.height, CAT.width, 3)
        assert key == UNCHANGED or np.abs(pixels - changed[UNCHANGED]).mean() > 1, key


@pytest.mark.parametrize(("group", "kept"), [(BACKGROUND, 1), (OBJECT, 0)])
def test_only_one_side_of_the_area_changes(changed, group: str, kept: int):
    inside = mask(AREA, (CAT.width, CAT.height))[..., 0]
    keys = [key for key, each in PHOTO_CHANGES.items() if each.group == group]
    assert len(keys) >= 2
    for key in keys:
        same = inside == kept
        assert (changed[key][same] == changed[UNCHANGED][same]).all(), key
        other = inside == 1 - kept
        assert np.abs(changed[key][other] - changed[UNCHANGED][other]).mean() > 3, key


def test_what_the_whole_picture_keeps(changed):
    brightness = np.array([0.299, 0.587, 0.114])
    for key in ("greyscale", "colours_turned"):
        difference = (changed[key] - changed[UNCHANGED]) @ brightness
        assert np.median(np.abs(difference)) < 1, key  # other pixels are clipped
    assert np.ptp(changed["greyscale"], axis=2).max() == 0
    shuffled, whole = changed["patches_shuffled"], changed[UNCHANGED]
    assert (np.sort(shuffled, axis=None) == np.sort(whole, axis=None)).all()
    assert set(np.unique(changed["silhouette"])) >= {0, 255}


def test_without_an_area_only_the_whole_picture_changes():
    found = changed_photographs(photo("rocket"), area_cells(""))
    assert list(found) == [UNCHANGED, *(k for k, v in PHOTO_CHANGES.items() if not v.needs_area)]
    assert max(found[UNCHANGED].size) == SIDE


def test_answers_are_those_to_the_changed_pictures():
    m = zoo.load("untrained/test_resnet")
    answers = drain(photo_answer_steps(m, CAT, AREA))
    changed = changed_photographs(CAT, AREA)
    with m.borrow() as net:
        expected = net(m.preprocess([changed["greyscale"]])).detach().numpy()[0]
    np.testing.assert_allclose(
        answers.logits[answers.keys.index("greyscale")], expected, rtol=1e-4, atol=1e-5
    )


def test_the_share_that_a_group_keeps():
    logits = np.log([[0.8, 0.2], [0.4, 0.6], [0.2, 0.8], [0.8, 0.2]])
    keys = (UNCHANGED, "background_grey", "background_blurred", "greyscale")
    answers = PhotoAnswers(logits, keys)
    assert answers.mean_kept(BACKGROUND) == pytest.approx((0.5 + 0.25) / 2)
    assert answers.mean_kept(OBJECT) is None
    assert answers.kept()["greyscale"] == pytest.approx(0.8)
