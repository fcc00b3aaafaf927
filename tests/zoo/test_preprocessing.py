"""Preprocessing: the same input as timm's, the crop box on the picture, and back to a picture."""

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
    """Return a config as in config.json: with lists, and with keys that preprocessing ignores."""
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


def preprocess_with_timm(raw: dict, img: Image.Image) -> torch.Tensor:
    resolved = resolve_data_config(pretrained_cfg=raw)
    return create_transform(**resolved, is_training=False)(img)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("crop_pct", [0.875, 0.9, 1.0])
@pytest.mark.parametrize("input_size", INPUTS)
@pytest.mark.parametrize("crop_mode", MODES)
def test_the_input_equals_that_of_timms_transforms(crop_mode, input_size, crop_pct, interpolation):
    raw = config(input_size, crop_mode, crop_pct, interpolation)
    imgs = [noise(size) for size in SIZES]
    x = Preprocessing.from_config(raw)(imgs)
    assert x.shape == (len(imgs), *input_size)
    assert x.dtype == torch.float32
    for actual, img in zip(x, imgs, strict=True):
        assert torch.equal(actual, preprocess_with_timm(raw, img)), img.size


@pytest.mark.parametrize("missing", ["interpolation", "mean", "std", "crop_pct", "crop_mode"])
def test_missing_keys_of_a_config_have_timms_defaults(missing):
    raw = config(crop_mode="squash", interpolation="bilinear")
    del raw[missing]
    img = noise((50, 40))
    assert torch.equal(Preprocessing.from_config(raw)([img])[0], preprocess_with_timm(raw, img))


def test_a_pictures_input_does_not_depend_on_its_batch():
    preprocess = Preprocessing.from_config(config())
    imgs = [noise(size) for size in SIZES]
    batch = preprocess(imgs)
    for from_batch, img in zip(batch, imgs, strict=True):
        assert torch.equal(preprocess([img])[0], from_batch)


def test_preprocessing_leaves_the_picture_unchanged():
    img = noise((50, 40))
    before = img.tobytes()
    Preprocessing.from_config(config())([img])
    assert img.size == (50, 40)
    assert img.tobytes() == before


def test_equal_configs_have_equal_preprocessing():
    first, equal, different = (
        Preprocessing.from_config(config(crop_pct=share)) for share in (0.875, 0.875, 0.9)
    )
    assert first == equal
    assert len({first, equal, different}) == 2


def measured_box(preprocess: Preprocessing, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Measure the crop box by preprocessing pictures of linear ramps and reading their values.

    Returns:
        Left, top, right and bottom of the box, and the width and height of one input pixel. All in
        the picture's pixels.
    """
    edges, cells = [], []
    for axis, length in enumerate(size):
        ramp = 255 * (np.arange(length) + 0.5) / length
        rows = np.broadcast_to(ramp if axis == 0 else ramp[:, None], size[::-1])
        # Six copies of the ramp, offset by a sixth of a grey level each, are more exact than one.
        shades = [np.floor(rows + (step + 0.5) / 6).astype(np.uint8) for step in range(6)]
        pictures = [Image.fromarray(np.stack(shades[i : i + 3], axis=-1)) for i in (0, 3)]
        crop = np.concatenate([preprocess.crop(picture) for picture in pictures], axis=-1)
        line = crop.take(crop.shape[axis] // 2, axis).mean(axis=-1)
        # Values near black and white are padding, or edges that resizing repeats.
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
def test_the_crop_box_equals_the_measured_one(crop_mode, input_size, crop_pct, size):
    raw = config(input_size, crop_mode, crop_pct, "bilinear") | {"mean": [0.0, 0.0, 0.0]}
    preprocess = Preprocessing.from_config(raw)
    expected, pixel = measured_box(preprocess, size)
    error = np.abs(np.array(preprocess.crop_box(size)) - expected) / np.tile(pixel, 2)
    assert error.max() < 0.3, "pixels of the input"


def test_the_crop_box_of_a_centre_crop_is_inside_the_picture():
    box = Preprocessing.from_config(config((3, 28, 28))).crop_box((64, 32))
    assert box == pytest.approx((18, 2, 46, 30))


def test_the_crop_box_of_a_squashed_picture_has_the_pictures_aspect_ratio():
    box = Preprocessing.from_config(config((3, 28, 28), "squash")).crop_box((64, 32))
    assert box == pytest.approx((4, 2, 60, 30))


def test_the_crop_box_of_a_padded_picture_is_larger_than_the_picture():
    box = Preprocessing.from_config(config((3, 32, 32), "border", crop_pct=1.0)).crop_box((64, 32))
    assert box == pytest.approx((0, -16, 64, 48))


def test_padding_has_the_mean_colour():
    crop = Preprocessing.from_config(config((3, 32, 32), "border", crop_pct=1.0)).crop(
        noise((64, 32))
    )
    assert crop.getpixel((16, 0)) == (102, 128, 153)


def test_crop_box_accepts_a_card_and_a_picture():
    card = Card("untrained/test_resnet", "test_resnet", "untrained", config((3, 28, 28)))
    assert images.crop_box(card, noise((64, 32))) == pytest.approx((18, 2, 46, 30))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("input_size", INPUTS, ids=str)
@pytest.mark.parametrize("crop_mode", MODES)
def test_to_picture_restores_the_cropped_picture(crop_mode, input_size, size):
    preprocess = Preprocessing.from_config(config(input_size, crop_mode))
    img = noise(size)
    restored = np.asarray(preprocess.to_picture(preprocess([img])[0]), int)
    np.testing.assert_allclose(restored, np.asarray(preprocess.crop(img), int), atol=1)


def test_to_picture_clips_colours_to_the_valid_range():
    preprocess = Preprocessing.from_config(config())
    x = torch.full((3, 4, 5), 1e4)
    x[:, :, 2:] = -1e4
    pixels = np.asarray(preprocess.to_picture(x.requires_grad_()))
    assert pixels.shape == (4, 5, 3)
    assert (pixels[:, :2] == 255).all()
    assert (pixels[:, 2:] == 0).all()


@pytest.mark.parametrize("folder", ["mobilenetv1_100.coral", "mobilenetv2_100.coral"])
def test_real_models_have_the_preprocessing_of_their_config(folder, shared_models, shared_photos):
    raw = json.loads((shared_models / folder / "config.json").read_text())["pretrained_cfg"]
    preprocess = Preprocessing.from_config(raw)
    assert preprocess == Preprocessing(
        input_size=(3, 224, 224),
        interpolation="bilinear",
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        crop_pct=0.875,
        crop_mode="center",
    )
    photo = images.read(shared_photos / "cat.jpg")
    assert torch.equal(preprocess([photo])[0], preprocess_with_timm(raw, photo))
