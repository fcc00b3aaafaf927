"""Features: a picture's row is what the layer made of it, whatever else is computed beside it."""

import numpy as np
import pytest
from PIL import Image

from core import embed, predict, probe, zoo
from core.steps import drain
from core.visualize import LOGITS
from tests.held_set import drawn

NAME = "layer2"


@pytest.fixture(scope="module")
def imgs() -> list[Image.Image]:
    return drawn(5).pictures


@pytest.fixture(scope="module")
def values(small_model: zoo.Model, imgs) -> np.ndarray:
    return probe.read(small_model, small_model.preprocess(imgs), [NAME])[NAME].numpy()


def test_pooled_rows_are_means_over_positions(small_model: zoo.Model, imgs, values):
    found = embed.features(small_model, imgs, NAME)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values.mean(axis=(2, 3)), atol=1e-5)


def test_flattened_rows_are_everything(small_model: zoo.Model, imgs, values):
    found = embed.features(small_model, imgs, NAME, "flattened")
    np.testing.assert_allclose(found, values.reshape(5, -1), atol=1e-5)


def test_a_position_is_the_one_asked_for_and_else_the_middle(small_model, imgs, values):
    height, width = values.shape[2:]
    middle = embed.features(small_model, imgs, NAME, "position")
    np.testing.assert_allclose(middle, values[:, :, height // 2, width // 2], atol=1e-5)
    corner = embed.features(small_model, imgs, NAME, "position", (height - 1, 0))
    np.testing.assert_allclose(corner, values[:, :, height - 1, 0], atol=1e-5)


def test_logits_and_layers_without_positions_are_taken_as_they_are(small_model, imgs):
    expected = predict.scores(small_model, imgs).logits
    for how in embed.HOWS:
        for layer in (LOGITS, "fc"):
            found = embed.features(small_model, imgs, layer, how)
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pixels_are_what_the_network_sees_shrunk(small_model: zoo.Model, imgs):
    found = embed.features(small_model, imgs, embed.PIXELS).reshape(5, 3, 16, 16)
    for img, row in zip(imgs, found, strict=True):
        seen = np.asarray(small_model.preprocessing.crop(img)).astype(np.float64) / 255
        side = len(seen) // 16
        blocks = seen.reshape(16, side, 16, side, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(row, blocks.transpose(2, 0, 1), atol=1e-5)


def test_many_layers_in_one_pass_are_what_each_is_alone(small_model, imgs, monkeypatch):
    layers = [embed.PIXELS, "layer1", LOGITS, "layer3"]
    together = drain(embed.features_steps(small_model, [imgs[:3], imgs[3:]], 5, layers))
    assert list(together) == layers
    monkeypatch.setattr("core.zoo.model.MOST_AT_ONCE", 1)  # one picture at a time
    for name in layers:
        alone = embed.features(small_model, imgs, name)
        np.testing.assert_allclose(together[name], alone, atol=1e-5)


def test_every_batch_shows_its_rows(small_model: zoo.Model, imgs):
    shown = []
    steps = embed.features_steps(small_model, [imgs[:2], imgs[2:]], 5, [NAME])
    found = drain(steps, shown.append)[NAME]
    assert [(one.step, one.total) for one in shown] == [(2, 5), (5, 5)]
    np.testing.assert_array_equal(np.concatenate([one.preview[NAME] for one in shown]), found)


def test_a_network_without_classes_has_features_but_no_logits(imgs):
    m = zoo.load("untrained/test_resnet")
    m.card.__dict__["labels"] = ()
    assert embed.features(m, imgs[:1], NAME).shape == (1, m.layers[NAME].shape[0])
    with pytest.raises(predict.NoClassifier):
        embed.features(m, imgs[:1], LOGITS)


def test_no_pictures_give_no_rows(small_model: zoo.Model):
    channels = small_model.layers[NAME].shape[0]
    assert embed.features(small_model, [], NAME).shape == (0, channels)


def test_identical_pictures_have_identical_rows(small_model: zoo.Model, imgs):
    found = embed.features(small_model, [imgs[0]] * 3, NAME)
    np.testing.assert_allclose(found, np.broadcast_to(found[0], found.shape), atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((NAME, "squared"), "pooled, flattened, position"),
        ((NAME, "position", (0, 99)), "columns from 0 to"),
        ((NAME, "position", (-1, 0)), "rows go from 0 to"),
        (("fc", "position", (0, 1)), "columns from 0 to 0"),
    ],
)
def test_what_is_not_to_be_had_is_refused_with_what_is(small_model: zoo.Model, imgs, asked, told):
    with pytest.raises(embed.BadFeatures, match=told):
        embed.features(small_model, imgs, *asked)


def test_an_unknown_layer_names_the_nearest(small_model: zoo.Model, imgs):
    with pytest.raises(probe.UnknownLayer, match=NAME):
        embed.features(small_model, imgs, "layre2")


def test_rows_that_would_fill_the_memory_are_refused_before_any_work(small_model: zoo.Model):
    with pytest.raises(embed.BadFeatures, match="pooled ones"):
        drain(embed.features_steps(small_model, [], 20_000, ["layer1"], "flattened"))
