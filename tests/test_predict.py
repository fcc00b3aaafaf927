"""Predictions: softmax, rankings, and results that do not depend on the batch."""

import csv

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from core import images, predict, zoo

RECOGNISED = (
    "chickadee.png", "cat.jpg", "samoyed.png", "dragonfly.png",
    "hot_dog.jpg", "parrot.jpg", "sunflower.png", "pets.jpg",
)  # fmt: skip


@pytest.mark.parametrize("folder", ["mobilenetv1_100.coral", "mobilenetv2_100.coral"])
def test_trained_networks_recognise_photographs(folder, shared_models, shared_photos, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    m = zoo.load(f"local/{folder}")
    with (shared_photos / "labels.csv").open(newline="") as file:
        class_indices = {
            row["file"]: row["imagenet_classes"].split("|") for row in csv.DictReader(file)
        }
    photos = [images.read(shared_photos / name) for name in RECOGNISED]
    for name, ranked in zip(RECOGNISED, predict.top_classes(m, photos), strict=True):
        assert str(ranked[0].index) in class_indices[name], (name, ranked)


def reference_softmax(logits: list[float], temperature: float) -> list[float]:
    powers = [np.exp(np.float64(value) / temperature) for value in logits]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_softmax_equals_its_definition(temperature):
    logits = [1.5, -2.0, 0.25, 4.0]
    np.testing.assert_allclose(
        predict.softmax(np.array(logits, np.float32), temperature),
        reference_softmax(logits, temperature),
        rtol=1e-12,
    )


def test_softmax_does_not_overflow():
    assert predict.softmax(np.array([1e4, 0.0, -1e4])).tolist() == [1.0, 0.0, 0.0]


def test_a_high_temperature_flattens_the_probabilities_and_keeps_their_order():
    logits = np.array([3.0, 1.0, 2.0])
    low, middle, high = (predict.softmax(logits, t) for t in (0.5, 1.0, 5.0))
    assert low.max() > middle.max() > high.max()
    assert np.argsort(low).tolist() == np.argsort(high).tolist()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_of_zero_or_less_raises(temperature):
    with pytest.raises(ValueError, match="above 0"):
        predict.softmax(np.zeros(3), temperature)


def test_top_classes_are_sorted_and_their_probabilities_sum_to_one(small_model: zoo.Model, noise):
    predictions = predict.top_classes(small_model, [noise], k=1000)[0]
    assert sum(prediction.probability for prediction in predictions) == pytest.approx(1)
    probabilities = [prediction.probability for prediction in predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    with torch.no_grad():
        logits = small_model.net(small_model.preprocess([noise]))[0]
    assert predictions[0].index == logits.argmax()
    assert predictions[0].label == small_model.labels[predictions[0].index]


def test_results_do_not_depend_on_the_batch(small_model: zoo.Model, noise, monkeypatch):
    pictures = [noise, noise.rotate(90), noise.resize((90, 70))]
    together = predict.scores(small_model, pictures).logits
    monkeypatch.setattr(predict, "SMALL_BATCH", 1)
    monkeypatch.setitem(vars(small_model), "batch_size", 1)
    alone = predict.scores(small_model, pictures).logits
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_progress_counts_pictures(small_model: zoo.Model, noise, monkeypatch):
    monkeypatch.setattr(predict, "SMALL_BATCH", 1)
    monkeypatch.setitem(vars(small_model), "batch_size", 1)
    steps = [(p.step, p.total) for p in predict.scores_steps(small_model, [noise] * 3)]
    assert steps == [(0, 3), (1, 3), (2, 3)]


def test_no_pictures_give_no_predictions(small_model: zoo.Model):
    assert predict.top_classes(small_model, []) == []
    assert predict.scores(small_model, []).logits.shape == (0, 1000)


def test_the_network_is_not_locked_between_steps(small_model: zoo.Model, noise):
    steps = predict.scores_steps(small_model, [noise])
    next(steps)
    assert small_model._lock.acquire(blocking=False)
    small_model._lock.release()
    steps.close()


def test_the_error_for_a_network_without_classes_names_the_way_out():
    with pytest.raises(predict.NoClassifier, match="Models page"):
        predict.require_classes(zoo.describe("resnet50_clip.openai"))


def ranked(*labels: str) -> list[predict.Prediction]:
    return [predict.Prediction(label, i, 0.5 / (i + 1)) for i, label in enumerate(labels)]


def test_compared_rankings_have_shared_and_unique_labels():
    comparison = predict.compare_rankings(
        {"a": ranked("cat", "dog", "fox"), "b": ranked("cat", "fox", "owl")}
    )
    assert comparison.unanimous
    assert comparison.top == {"a": "cat", "b": "cat"}
    assert comparison.shared == ["cat", "fox"]
    assert comparison.unique == {"a": ["dog"], "b": ["owl"]}


def test_rankings_with_different_top_classes_are_not_unanimous():
    comparison = predict.compare_rankings({"a": ranked("cat", "dog"), "b": ranked("dog", "cat")})
    assert not comparison.unanimous


def test_the_probability_table_has_every_ranked_class_for_every_network():
    labels = {"a": ["cat", "dog", "owl"], "b": ["dog", "cat"]}
    logits = {"a": np.array([2.0, 1.0, 0.0], np.float32), "b": np.array([0.0, 3.0], np.float32)}
    rankings = {name: predict.ranking(logits[name], labels[name], k=3) for name in labels}
    table = predict.probability_table(logits, labels, rankings)
    assert table.index[0] == "cat"
    assert set(table.index) == {"cat", "dog", "owl"}
    assert table.loc["dog", "b"] == pytest.approx(predict.softmax(logits["b"])[0])
    assert pd.isna(table.loc["owl", "b"])


def test_a_picture_of_one_pixel_has_predictions(small_model: zoo.Model):
    assert len(predict.top_classes(small_model, [Image.new("RGB", (1, 1))])[0]) == 5


@pytest.mark.parametrize("name", ["dla46_c", "resnetv2_18", "mobilenetv3_small_050", "tf_mixnet_s"])
def test_every_kind_of_head_gives_one_row_of_logits_per_picture(name, noise):
    """Some of these networks classify with a convolution, some with several layers."""
    m = zoo.load(f"untrained/{name}")
    assert predict.scores(m, [noise, noise]).logits.shape == (2, len(m.labels))
