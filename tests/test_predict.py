import csv

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from core import images, predict, zoo

NAMED_RIGHT = (
    "chickadee.png", "cat.jpg", "samoyed.png", "dragonfly.png",
    "hot_dog.jpg", "parrot.jpg", "sunflower.png", "pets.jpg",
)  # fmt: skip


@pytest.mark.parametrize("folder", ["mobilenetv1_100.coral", "mobilenetv2_100.coral"])
def test_real_models_name_real_photos(folder, shared_models, shared_photos, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(shared_models))
    m = zoo.load(f"local/{folder}")
    with (shared_photos / "labels.csv").open(newline="") as file:
        right = {row["file"]: row["imagenet_classes"].split("|") for row in csv.DictReader(file)}
    photos = [images.read(shared_photos / name) for name in NAMED_RIGHT]
    for name, ranked in zip(NAMED_RIGHT, predict.top_classes(m, photos), strict=True):
        assert str(ranked[0].index) in right[name], (name, ranked)


def reference_softmax(logits: list[float], temperature: float) -> list[float]:
    powers = [np.exp(np.float64(value) / temperature) for value in logits]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_softmax_is_its_definition(temperature):
    logits = [1.5, -2.0, 0.25, 4.0]
    np.testing.assert_allclose(
        predict.softmax(np.array(logits, np.float32), temperature),
        reference_softmax(logits, temperature),
        rtol=1e-12,
    )


def test_softmax_takes_huge_scores():
    assert predict.softmax(np.array([1e4, 0.0, -1e4])).tolist() == [1.0, 0.0, 0.0]


def test_temperature_flattens_and_keeps_the_order():
    logits = np.array([3.0, 1.0, 2.0])
    cold, warm, hot = (predict.softmax(logits, t) for t in (0.5, 1.0, 5.0))
    assert cold.max() > warm.max() > hot.max()
    assert np.argsort(cold).tolist() == np.argsort(hot).tolist()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_not_above_zero_is_refused(temperature):
    with pytest.raises(ValueError, match="above 0"):
        predict.softmax(np.zeros(3), temperature)


def test_top_classes_are_the_largest_and_add_up(small_model: zoo.Model, noise):
    everything = predict.top_classes(small_model, [noise], k=1000)[0]
    assert sum(prediction.probability for prediction in everything) == pytest.approx(1)
    probabilities = [prediction.probability for prediction in everything]
    assert probabilities == sorted(probabilities, reverse=True)
    with torch.no_grad():
        logits = small_model.net(small_model.preprocess([noise]))[0]
    assert everything[0].index == logits.argmax()
    assert everything[0].label == small_model.labels[everything[0].index]


def test_results_do_not_depend_on_the_batch(small_model: zoo.Model, noise, monkeypatch):
    pictures = [noise, noise.rotate(90), noise.resize((90, 70))]
    together = predict.scores(small_model, pictures).logits
    monkeypatch.setattr(predict, "FEW", 1)
    monkeypatch.setitem(vars(small_model), "at_once", 1)
    alone = predict.scores(small_model, pictures).logits
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_progress_counts_pictures(small_model: zoo.Model, noise, monkeypatch):
    monkeypatch.setattr(predict, "FEW", 1)
    monkeypatch.setitem(vars(small_model), "at_once", 1)
    steps = [(p.step, p.total) for p in predict.scores_steps(small_model, [noise] * 3)]
    assert steps == [(0, 3), (1, 3), (2, 3)]


def test_no_pictures_give_no_predictions(small_model: zoo.Model):
    assert predict.top_classes(small_model, []) == []
    assert predict.scores(small_model, []).logits.shape == (0, 1000)


def test_the_lock_is_free_between_two_steps(small_model: zoo.Model, noise):
    steps = predict.scores_steps(small_model, [noise])
    next(steps)
    assert small_model._lock.acquire(blocking=False)
    small_model._lock.release()
    steps.close()


def test_a_network_without_classes_is_refused_with_the_reason():
    with pytest.raises(predict.NoClassifier, match="Models page"):
        predict.require_classes(zoo.describe("resnet50_clip.openai"))


def ranked(*labels: str) -> list[predict.Prediction]:
    return [predict.Prediction(label, i, 0.5 / (i + 1)) for i, label in enumerate(labels)]


def test_agreement_tells_who_says_what():
    found = predict.agreement({"a": ranked("cat", "dog", "fox"), "b": ranked("cat", "fox", "owl")})
    assert found.unanimous
    assert found.top == {"a": "cat", "b": "cat"}
    assert found.shared == ["cat", "fox"]
    assert found.alone == {"a": ["dog"], "b": ["owl"]}


def test_disagreement_is_seen():
    assert not predict.agreement({"a": ranked("cat", "dog"), "b": ranked("dog", "cat")}).unanimous


def test_side_by_side_has_every_listed_class_for_every_model():
    labels = {"a": ["cat", "dog", "owl"], "b": ["dog", "cat"]}
    logits = {"a": np.array([2.0, 1.0, 0.0], np.float32), "b": np.array([0.0, 3.0], np.float32)}
    rankings = {name: predict.ranking(logits[name], labels[name], k=3) for name in labels}
    table = predict.side_by_side(logits, labels, rankings)
    assert table.index[0] == "cat"
    assert set(table.index) == {"cat", "dog", "owl"}
    assert table.loc["dog", "b"] == pytest.approx(predict.softmax(logits["b"])[0])
    assert pd.isna(table.loc["owl", "b"])


def test_one_pixel_is_a_picture(small_model: zoo.Model):
    assert len(predict.top_classes(small_model, [Image.new("RGB", (1, 1))])[0]) == 5


@pytest.mark.parametrize("name", ["dla46_c", "resnetv2_18", "mobilenetv3_small_050", "tf_mixnet_s"])
def test_heads_of_any_make_give_a_row_of_classes(name, noise):
    """Some networks classify with a convolution, some with several layers."""
    m = zoo.load(f"untrained/{name}")
    assert predict.scores(m, [noise, noise]).logits.shape == (2, len(m.labels))
