"""Dials change pixels as their constants say, the same way every time."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from core import corruptions, scenes
from core.corruptions import DIALS, SIDE, STEPS, UnknownDial

# Dials whose later steps change the pixels more; others take another way through the colours.
GROWING = (
    "gaussian_noise", "shot_noise", "defocus_blur", "motion_blur", "brightness", "contrast", "jpeg",
    "pixelation", "covered",
)  # fmt: skip
PICTURE_DIALS = [key for key, dial in DIALS.items() if dial.change is not None]


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return scenes.draw(class_="owl", seed=3, size=SIDE).image


@pytest.mark.parametrize("key", PICTURE_DIALS)
def test_every_step_is_another_picture_of_the_same_size_and_repeats(picture, key):
    first, again = (corruptions.changed_pictures(picture, key) for _ in range(2))
    assert len(first) == STEPS + 1
    assert first[0] is picture
    pixels = [np.asarray(img) for img in first]
    assert all(each.shape == (SIDE, SIDE, 3) and each.dtype == np.uint8 for each in pixels)
    assert all(np.array_equal(a, np.asarray(b)) for a, b in zip(pixels, again, strict=True))
    assert len({each.tobytes() for each in pixels}) == STEPS + 1


@pytest.mark.parametrize("key", GROWING)
def test_later_steps_are_further_from_the_picture(picture, key):
    pixels = [np.asarray(img, float) for img in corruptions.changed_pictures(picture, key)]
    distances = [np.abs(each - pixels[0]).mean() for each in pixels]
    assert distances == sorted(distances)


def test_every_dial_has_a_value_and_a_label_for_each_step():
    for dial in DIALS.values():
        assert len(dial.values) == len(dial.labels) == STEPS
        assert dial.title
        assert dial.source


def grey(value: float) -> Image.Image:
    return Image.new("RGB", (SIDE, SIDE), (round(255 * value),) * 3)


def test_noise_has_the_standard_deviation_of_the_benchmark():
    imgs = corruptions.changed_pictures(grey(0.5), "gaussian_noise")
    for img, sigma in zip(imgs[1:3], (0.08, 0.12), strict=True):
        assert np.asarray(img, float).std() / 255 == pytest.approx(sigma, rel=0.02)
    shot = np.asarray(corruptions.changed_pictures(grey(0.5), "shot_noise")[1], float) / 255
    assert shot.std() == pytest.approx((0.5 / 60) ** 0.5, rel=0.03)
    assert shot.mean() == pytest.approx(0.5, abs=0.01)


def test_blurs_leave_an_even_area_and_keep_the_mean(picture):
    for key in ("defocus_blur", "motion_blur", "pixelation"):
        for img in corruptions.changed_pictures(grey(0.5), key):
            np.testing.assert_allclose(np.asarray(img), 128, atol=1)
        blurred = np.asarray(corruptions.changed_pictures(picture, key)[1], float)
        assert blurred.mean() == pytest.approx(np.asarray(picture, float).mean(), rel=0.03)


def test_defocus_blur_spreads_a_point_over_a_disk():
    point = np.zeros((SIDE, SIDE, 3), np.uint8)
    point[100, 100] = 255
    blurred = np.asarray(corruptions.changed_pictures(Image.fromarray(point), "defocus_blur")[1])
    rows, columns = np.nonzero(blurred[..., 0])
    distances = np.hypot(rows - 100, columns - 100)
    assert distances.max() == pytest.approx(3)
    assert len(rows) == 29  # the pixels of a disk of radius 3


def test_contrast_and_brightness_follow_their_formulas():
    halves = np.full((SIDE, SIDE, 3), 51, np.uint8)
    halves[:, SIDE // 2 :] = 153
    img = Image.fromarray(halves)
    faint = np.asarray(corruptions.changed_pictures(img, "contrast")[1], int)
    assert set(np.unique(faint)) == {round(102 - 0.4 * 51), round(102 + 0.4 * 51)}
    bright = np.asarray(corruptions.changed_pictures(img, "brightness")[2], int)
    assert set(np.unique(bright)) == {51 + 51, 153 + 51}


def test_an_unknown_dial_lists_the_nearest(picture):
    with pytest.raises(UnknownDial, match="defocus_blur"):
        corruptions.find("defocus_blurr")
    with pytest.raises(UnknownDial, match="needs a network"):
        corruptions.changed_pictures(picture, "pgd")


def test_blurs_equal_slow_averages(picture):
    colours = np.asarray(picture, float) / 255
    radius, sigma = 15, 8
    found = DIALS["motion_blur"].change(colours, (radius, sigma), np.random.default_rng(3))
    angle = np.radians(np.random.default_rng(3).uniform(-45, 45))
    weights = np.exp(-(np.arange(2 * radius + 1) ** 2) / (2 * sigma**2))
    moved = [
        weight * ndimage.shift(colours, (step * np.sin(angle), step * np.cos(angle), 0), order=1,
                               mode="nearest")
        for step, weight in enumerate(weights)
    ]  # fmt: skip
    np.testing.assert_allclose(found, np.sum(moved, 0) / weights.sum(), atol=1e-10)
    found = DIALS["defocus_blur"].change(colours, (4, 0.5), np.random.default_rng(0))
    span = np.arange(-8, 9)
    disk = ndimage.gaussian_filter((np.add.outer(span**2, span**2) <= 16).astype(float), 0.5)
    slow = ndimage.convolve(colours, (disk / disk.sum())[..., None], mode="mirror")
    np.testing.assert_allclose(found, slow, atol=1e-10)


def test_networks_with_the_same_crop_share_changed_pictures(picture):
    first, again = (corruptions.changed_pictures(picture.copy(), "fog") for _ in range(2))
    assert all(a is b for a, b in zip(first[1:], again[1:], strict=True))
    assert corruptions.changed_picture(picture, "fog", 0) is picture
