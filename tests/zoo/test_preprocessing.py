import json

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config

from core import images
from core.zoo import Card, Preprocessing

MODES = ("center", "squash", "border")
INPUTS = ((3, 32, 32), (3, 24, 40), (3, 40, 24))
SIZES = ((64, 48), (48, 64), (31, 31), (200, 9), (9, 200), (33, 32), (3, 2), (1, 1), (1, 20))


def config(input_size=(3, 32, 32), crop_mode="center", crop_pct=0.875, interpolation="bicubic"):
    """As a model's config.json says it: lists, and more than preprocessing needs."""
    return {
        "input_size": list(input_size),
        "crop_mode": crop_mode,
        "crop_pct": crop_pct,
        "interpolation": interpolation,
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.25, 0.3],
        "num_classes": 10,
        "first_conv": "conv1",
    }


def noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


def by_timm(raw: dict, img: Image.Image) -> torch.Tensor:
    resolved = resolve_data_config(pretrained_cfg=raw)
    return create_transform(**resolved, is_training=False)(img)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 1.0])
@pytest.mark.parametrize("input_size", INPUTS)
@pytest.mark.parametrize("crop_mode", MODES)
def test_the_input_is_what_timm_makes_of_the_picture(
    crop_mode, input_size, crop_pct, interpolation
):
    raw = config(input_size, crop_mode, crop_pct, interpolation)
    imgs = [noise(size) for size in SIZES]
    x = Preprocessing.of(raw)(imgs)
    assert x.shape == (len(imgs), *input_size)
    assert x.dtype == torch.float32
    for found, img in zip(x, imgs, strict=True):
        assert torch.equal(found, by_timm(raw, img)), img.size


@pytest.mark.parametrize("left_out", ["interpolation", "mean", "std", "crop_pct", "crop_mode"])
def test_what_a_config_leaves_out_is_timm_s_default(left_out):
    raw = config(crop_mode="squash", interpolation="bilinear")
    del raw[left_out]
    img = noise((50, 40))
    assert torch.equal(Preprocessing.of(raw)([img])[0], by_timm(raw, img))


def test_a_picture_s_input_does_not_depend_on_its_company():
    preprocess = Preprocessing.of(config())
    imgs = [noise(size) for size in SIZES]
    together = preprocess(imgs)
    for alone, img in zip(together, imgs, strict=True):
        assert torch.equal(preprocess([img])[0], alone)


def test_preprocessing_leaves_the_picture_as_it_was():
    img = noise((50, 40))
    before = img.tobytes()
    Preprocessing.of(config())([img])
    assert img.size == (50, 40)
    assert img.tobytes() == before


def test_equal_configs_give_equal_preprocessing():
    one, same, other = (Preprocessing.of(config(crop_pct=share)) for share in (0.875, 0.875, 0.9))
    assert one == same
    assert len({one, same, other}) == 2


def measured_box(preprocess: Preprocessing, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Where the input grid lies, read off ramps that went through the real resizing.

    Returns:
        Left, top, right, bottom; and a grid cell's width and height. All in the picture's pixels.
    """
    edges, cells = [], []
    for axis, length in enumerate(size):
        ramp = 255 * (np.arange(length) + 0.5) / length
        rows = np.broadcast_to(ramp if axis == 0 else ramp[:, None], size[::-1])
        # Roundings of one ramp that differ by a sixth of a grey level measure finer than one would.
        shades = [np.floor(rows + (step + 0.5) / 6).astype(np.uint8) for step in range(6)]
        pictures = [Image.fromarray(np.stack(shades[i : i + 3], axis=-1)) for i in (0, 3)]
        crop = np.concatenate([preprocess.crop(picture) for picture in pictures], axis=-1)
        line = crop.take(crop.shape[axis] // 2, axis).mean(axis=-1)
        # Near black and white stand what pads and what resizing repeats at the edges.
        inner = (line > 6) & (line < 249)
        slope, start = np.polyfit(np.flatnonzero(inner) + 0.5, line[inner] * length / 255, 1)
        edges.append((start, start + slope * len(line)))
        cells.append(slope)
    (left, right), (top, bottom) = edges
    return np.array([left, top, right, bottom]), np.array(cells)


BOX_SIZES = (
    (640, 427),
    (427, 640),
    (500, 375),
    (301, 299),
    (479, 426),
    (500, 500),
    (224, 221),
    (224, 219),
    (1000, 333),
    (120, 90),
)


@pytest.mark.parametrize("size", BOX_SIZES, ids=str)
@pytest.mark.parametrize("crop_pct", [0.875, 1.0])
@pytest.mark.parametrize("input_size", [(3, 224, 224), (3, 160, 224), (3, 224, 160)], ids=str)
@pytest.mark.parametrize("crop_mode", MODES)
def test_the_crop_box_is_where_the_model_looks(crop_mode, input_size, crop_pct, size):
    raw = config(input_size, crop_mode, crop_pct, "bilinear") | {"mean": [0.0, 0.0, 0.0]}
    preprocess = Preprocessing.of(raw)
    truth, cell = measured_box(preprocess, size)
    off = np.abs(np.array(preprocess.crop_box(size)) - truth) / np.tile(cell, 2)
    assert off.max() < 0.3, "cells of the input grid"


def test_the_crop_box_of_a_centre_crop_is_inside_the_picture():
    box = Preprocessing.of(config((3, 28, 28))).crop_box((64, 32))
    assert box == pytest.approx((18, 2, 46, 30))


def test_the_crop_box_of_a_squashed_picture_keeps_the_picture_s_aspect():
    box = Preprocessing.of(config((3, 28, 28), "squash")).crop_box((64, 32))
    assert box == pytest.approx((4, 2, 60, 30))


def test_the_crop_box_reaches_beyond_the_picture_where_the_model_pads():
    box = Preprocessing.of(config((3, 32, 32), "border", crop_pct=1.0)).crop_box((64, 32))
    assert box == pytest.approx((0, -16, 64, 48))


def test_padding_shows_the_mean_colour():
    crop = Preprocessing.of(config((3, 32, 32), "border", crop_pct=1.0)).crop(noise((64, 32)))
    assert crop.getpixel((16, 0)) == (102, 128, 153)


def test_a_card_and_its_picture_give_the_box():
    card = Card("untrained/test_resnet", "test_resnet", "untrained", config((3, 28, 28)))
    assert images.crop_box(card, noise((64, 32))) == pytest.approx((18, 2, 46, 30))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("input_size", INPUTS, ids=str)
@pytest.mark.parametrize("crop_mode", MODES)
def test_the_input_can_be_shown_as_the_picture_it_was(crop_mode, input_size, size):
    preprocess = Preprocessing.of(config(input_size, crop_mode))
    img = noise(size)
    shown = np.asarray(preprocess.to_picture(preprocess([img])[0]), int)
    np.testing.assert_allclose(shown, np.asarray(preprocess.crop(img), int), atol=1)


def test_what_no_screen_can_show_is_clipped():
    preprocess = Preprocessing.of(config())
    x = torch.full((3, 4, 5), 1e4)
    x[:, :, 2:] = -1e4
    shown = np.asarray(preprocess.to_picture(x.requires_grad_()))
    assert shown.shape == (4, 5, 3)
    assert (shown[:, :2] == 255).all()
    assert (shown[:, 2:] == 0).all()


@pytest.mark.parametrize("folder", ["mobilenetv1_100.coral", "mobilenetv2_100.coral"])
def test_the_real_models_want_what_their_config_says(folder, shared_models, shared_photos):
    raw = json.loads((shared_models / folder / "config.json").read_text())["pretrained_cfg"]
    preprocess = Preprocessing.of(raw)
    assert preprocess == Preprocessing(
        input_size=(3, 224, 224),
        interpolation="bilinear",
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        crop_pct=0.875,
        crop_mode="center",
    )
    photo = images.read(shared_photos / "cat.jpg")
    assert torch.equal(preprocess([photo])[0], by_timm(raw, photo))
