"""Activity: means and spreads as numpy has them; dead units are found, and no others."""

import numpy as np
import pytest
import torch

from core import dissect, probe, scenes, zoo

NAME = "layer2"


@pytest.fixture(scope="module")
def imgs():
    return [scenes.draw(seed=seed, size=64).image for seed in range(6)]


def test_mean_and_spread_are_those_over_pictures_and_positions(small_model, imgs, monkeypatch):
    monkeypatch.setattr("core.dissect.responses.BATCH", 4)  # so that sums run over two batches
    facts = dissect.activity(small_model, imgs, [NAME])[NAME]
    values = probe.read(small_model, small_model.preprocess(imgs), [NAME])[NAME].numpy()
    np.testing.assert_allclose(facts.mean, values.mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(facts.spread, values.std(axis=(0, 2, 3)), rtol=1e-4, atol=1e-6)


def test_a_unit_that_never_fires_is_dead_and_no_other(imgs):
    m = zoo.load("untrained/test_resnet")
    with torch.no_grad():
        m.net.bn1.weight[3] = 0
        m.net.bn1.bias[3] = -1
    name = next(name for name in dissect.activations(m) if m.layers[name].shape[0] == 32)
    dead = dissect.activity(m, imgs, [name])[name].dead
    assert dead.tolist() == [index == 3 for index in range(32)]
    units = sum(m.layers[name].shape[0] for name in dissect.activations(m))
    assert dissect.dead_share(m, imgs) >= 1 / units


def test_activations_are_the_functions_after_the_norms():
    m = zoo.load("untrained/test_resnet")
    assert dissect.activations(m)
    assert all(m.layers[name].kind == "ReLU" for name in dissect.activations(m))
