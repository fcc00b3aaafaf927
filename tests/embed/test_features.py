"""A picture's features equal its activations, whatever is computed in the same pass."""

import numpy as np
import pytest
from PIL import Image

from core import embed, predict, probe, zoo
from core.layers import LOGITS, PIXELS, UnknownLayer
from core.steps import drain
from tests.held_set import draw_set

NAME = "layer2"


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    return draw_set(5).pictures


@pytest.fixture(scope="module")
def values(small_model: zoo.Model, imgs) -> np.ndarray:
    return probe.read(small_model, small_model.preprocess(imgs), [NAME])[NAME].numpy()


def test_pooled_features_are_means_over_positions(small_model: zoo.Model, imgs, values):
    result = embed.features(small_model, imgs, NAME)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, values.mean(axis=(2, 3)), atol=1e-5)


def test_flattened_features_are_the_whole_activation(small_model: zoo.Model, imgs, values):
    result = embed.features(small_model, imgs, NAME, "flattened")
    np.testing.assert_allclose(result, values.reshape(5, -1), atol=1e-5)


def test_position_features_default_to_the_centre(small_model, imgs, values):
    height, width = values.shape[2:]
    centre = embed.features(small_model, imgs, NAME, "position")
    np.testing.assert_allclose(centre, values[:, :, height // 2, width // 2], atol=1e-5)
    corner = embed.features(small_model, imgs, NAME, "position", (height - 1, 0))
    np.testing.assert_allclose(corner, values[:, :, height - 1, 0], atol=1e-5)


def test_logits_and_layers_without_positions_are_the_same_in_every_mode(small_model, imgs):
    expected = predict.scores(small_model, imgs).logits
    for how in embed.SPATIAL_MODES:
        for layer in (LOGITS, "fc"):
            result = embed.features(small_model, imgs, layer, how)
            np.testing.assert_allclose(result, expected, atol=1e-5)


def test_pixels_are_block_means_of_the_network_input(small_model: zoo.Model, imgs):
    result = embed.features(small_model, imgs, PIXELS).reshape(5, 3, 16, 16)
    for img, row in zip(imgs, result, strict=True):
        colours = np.asarray(small_model.preprocessing.crop(img)).astype(np.float64) / 255
        side = len(colours) // 16
        blocks = colours.reshape(16, side, 16, side, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(row, blocks.transpose(2, 0, 1), atol=1e-5)


def test_layers_read_in_one_pass_equal_layers_read_alone(small_model, imgs, monkeypatch):
    layers = [PIXELS, "layer1", LOGITS, "layer3"]
    together = drain(embed.features_steps(small_model, [imgs[:3], imgs[3:]], 5, layers))
    assert list(together) == layers
    monkeypatch.setattr("core.zoo.model.MAX_BATCH_SIZE", 1)  # one picture at a time
    for name in layers:
        alone = embed.features(small_model, imgs, name)
        np.testing.assert_allclose(together[name], alone, atol=1e-5)


def test_previews_contain_the_features_of_each_batch(small_model: zoo.Model, imgs):
    previews = []
    steps = embed.features_steps(small_model, [imgs[:2], imgs[2:]], 5, [NAME])
    result = drain(steps, previews.append)[NAME]
    # While a batch is being read, which may take long on a busy machine, there is none.
    previews = [progress for progress in previews if progress.preview is not None]
    assert [(progress.step, progress.total) for progress in previews] == [(2, 5), (5, 5)]
    rows = np.concatenate([progress.preview[NAME] for progress in previews])
    np.testing.assert_array_equal(rows, result)


def test_a_network_without_classes_has_features_but_no_logits(imgs):
    m = zoo.load("untrained/test_resnet")
    m.card.__dict__["labels"] = ()
    assert embed.features(m, imgs[:1], NAME).shape == (1, m.layers[NAME].shape[0])
    with pytest.raises(predict.NoClassifier):
        embed.features(m, imgs[:1], LOGITS)


def test_no_pictures_have_no_features(small_model: zoo.Model):
    channels = small_model.layers[NAME].shape[0]
    assert embed.features(small_model, [], NAME).shape == (0, channels)


def test_identical_pictures_have_identical_features(small_model: zoo.Model, imgs):
    result = embed.features(small_model, [imgs[0]] * 3, NAME)
    np.testing.assert_allclose(result, np.broadcast_to(result[0], result.shape), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((NAME, "squared"), "pooled, flattened, position"),
        ((NAME, "position", (0, 99)), "column from 0 to"),
        ((NAME, "position", (-1, 0)), "row from 0 to"),
        (("fc", "position", (0, 1)), "column from 0 to 0"),
    ],
)
def test_errors_name_the_modes_and_positions_that_exist(small_model, imgs, arguments, message):
    with pytest.raises(embed.BadFeatures, match=message):
        embed.features(small_model, imgs, *arguments)


def test_the_error_for_an_unknown_layer_names_the_nearest_one(small_model: zoo.Model, imgs):
    with pytest.raises(UnknownLayer, match=NAME):
        embed.features(small_model, imgs, "layre2")


def test_features_above_the_memory_limit_raise_before_the_first_pass(small_model: zoo.Model):
    with pytest.raises(embed.BadFeatures, match="pooled features"):
        drain(embed.features_steps(small_model, [], 20_000, ["layer1"], "flattened"))
