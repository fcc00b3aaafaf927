"""Responses: as numpy has them; dead units are found, and no others."""

import numpy as np
import pytest
import torch

from core import dissect, probe, scenes, zoo

NAME = "layer2"


@pytest.fixture(scope="module")
def imgs():
    return [scenes.draw(seed=seed, size=64).image for seed in range(6)]


def test_peaks_means_and_spreads_are_those_of_the_activations(small_model, imgs, monkeypatch):
    monkeypatch.setattr("core.dissect.peaks.BATCH", 4)  # so that two batches are joined
    found = dissect.responses(small_model, imgs, [NAME])[NAME]
    values = probe.read(small_model, small_model.preprocess(imgs), [NAME])[NAME].numpy()
    np.testing.assert_allclose(found.peak, values.max(axis=(2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.mean, values.mean(axis=(2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.spread, values.std(axis=(0, 2, 3)), rtol=1e-3, atol=1e-6)
    n, c = np.indices(found.peak.shape)
    y, x = found.place[..., 0], found.place[..., 1]
    np.testing.assert_allclose(values[n, c, y, x], found.peak, rtol=1e-4, atol=1e-6)


def test_the_top_pictures_come_strongest_first(small_model, imgs):
    found = dissect.responses(small_model, imgs, [NAME])[NAME]
    assert found.top(7, 3).tolist() == np.argsort(-found.peak[:, 7])[:3].tolist()


def test_a_layer_without_positions_has_peaks_too(small_model, imgs):
    found = dissect.responses(small_model, imgs, ["fc"])["fc"]
    assert found.peak.shape == (6, 1000)
    assert (found.place == 0).all()


def test_a_unit_that_never_fires_is_dead_and_no_other(imgs):
    m = zoo.load("untrained/test_resnet")
    with torch.no_grad():
        m.net.bn1.weight[3] = 0
        m.net.bn1.bias[3] = -1
    name = next(name for name in dissect.activations(m) if m.layers[name].shape[0] == 32)
    found = dissect.responses(m, imgs, [name])[name]
    assert found.dead.tolist() == [index == 3 for index in range(32)]
    assert found.firing[3] == 0
    assert (np.delete(found.firing, 3) > 0).all()
    units = sum(m.layers[name].shape[0] for name in dissect.activations(m))
    assert dissect.dead_share(m, imgs) >= 1 / units


def test_activations_are_the_functions_after_the_norms():
    m = zoo.load("untrained/test_resnet")
    assert dissect.activations(m)
    assert all(m.layers[name].kind == "ReLU" for name in dissect.activations(m))


def test_an_unknown_layer_names_the_nearest(small_model, imgs):
    with pytest.raises(probe.UnknownLayer, match="layer2"):
        dissect.responses(small_model, imgs, ["layre2"])


def test_classes_are_ranked_by_what_they_do():
    peak = np.array([[1.0, 0], [3, 0], [9, 5], [11, 0], [0, 0]], np.float32)
    zeros = np.zeros_like(peak)
    found = dissect.Responses(peak, np.zeros((5, 2, 2), int), zeros, zeros)
    classes = ["cat", "cat", "dog", "dog", "owl"]
    table = dissect.by_class(found, classes, 0)
    assert table.index.tolist() == ["dog", "cat", "owl"]
    assert table["mean"].tolist() == [10, 2, 0]
    assert table["share"].tolist() == [1, 0, 0]
    preferred = dissect.selectivity(found, classes)
    assert preferred["class"].tolist() == ["dog", "dog"]
    # Morcos: (10 - 1) / (10 + 1); the other unit fires for one class only.
    assert preferred["selectivity"].tolist() == pytest.approx([9 / 11, 1.0])
