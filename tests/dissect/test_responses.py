"""Responses equal those computed with numpy; dead units are found, and only those."""

import numpy as np
import pytest
import torch

from core import dissect, probe, scenes, zoo
from core.layers import UnknownLayer

NAME = "layer2"


@pytest.fixture(scope="module")
def imgs():
    return [scenes.draw(seed=seed, size=64).image for seed in range(6)]


def test_maxima_means_and_deviations_equal_those_of_numpy(small_model, imgs, monkeypatch):
    monkeypatch.setitem(vars(small_model), "batch_size", 4)  # two batches to concatenate
    result = dissect.responses(small_model, imgs, [NAME])[NAME]
    values = probe.read(small_model, small_model.preprocess(imgs), [NAME])[NAME].numpy()
    np.testing.assert_allclose(result.peak, values.max(axis=(2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.mean, values.mean(axis=(2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.std, values.std(axis=(0, 2, 3)), rtol=1e-3, atol=1e-6)
    n, c = np.indices(result.peak.shape)
    y, x = result.place[..., 0], result.place[..., 1]
    np.testing.assert_allclose(values[n, c, y, x], result.peak, rtol=1e-4, atol=1e-6)


def test_top_pictures_are_ordered_by_response(small_model, imgs):
    result = dissect.responses(small_model, imgs, [NAME])[NAME]
    assert result.top(7, 3).tolist() == np.argsort(-result.peak[:, 7])[:3].tolist()


def test_layer_without_positions_has_responses(small_model, imgs):
    result = dissect.responses(small_model, imgs, ["fc"])["fc"]
    assert result.peak.shape == (6, 1000)
    assert (result.place == 0).all()


def test_only_units_that_never_fire_are_dead(imgs):
    m = zoo.load("untrained/test_resnet")
    with torch.no_grad():
        m.net.bn1.weight[3] = 0
        m.net.bn1.bias[3] = -1
    layers = dissect.activation_layers(m)
    name = next(name for name in layers if m.layers[name].shape[0] == 32)
    result = dissect.responses(m, imgs, [name])[name]
    assert result.dead.tolist() == [index == 3 for index in range(32)]
    assert result.firing[3] == 0
    assert (np.delete(result.firing, 3) > 0).all()
    units = sum(m.layers[name].shape[0] for name in layers)
    assert dissect.dead_share(m, imgs) >= 1 / units


def test_activation_layers_are_the_activation_functions():
    m = zoo.load("untrained/test_resnet")
    assert dissect.activation_layers(m)
    assert all(m.layers[name].kind == "ReLU" for name in dissect.activation_layers(m))


def test_unknown_layer_raises_with_the_nearest_names(small_model, imgs):
    with pytest.raises(UnknownLayer, match="layer2"):
        dissect.responses(small_model, imgs, ["layre2"])


def test_classes_are_ranked_by_mean_response():
    peak = np.array([[1.0, 0], [3, 0], [9, 5], [11, 0], [0, 0]], np.float32)
    zeros = np.zeros_like(peak)
    result = dissect.Responses(peak, np.zeros((5, 2, 2), int), zeros, zeros)
    classes = ["cat", "cat", "dog", "dog", "owl"]
    table = dissect.responses_by_class(result, classes, 0)
    assert table.index.tolist() == ["dog", "cat", "owl"]
    assert table["mean"].tolist() == [10, 2, 0]
    assert table["share"].tolist() == [1, 0, 0]
    preferred = dissect.selectivity(result, classes)
    assert preferred["class"].tolist() == ["dog", "dog"]
    # Morcos et al.: (10 - 1) / (10 + 1); the second unit responds to one class only.
    assert preferred["selectivity"].tolist() == pytest.approx([9 / 11, 1.0])
