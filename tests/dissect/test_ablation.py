"""Ablation removes a unit's contribution; links match weights and finite differences."""

import numpy as np
import pytest
import torch

from core import dissect, predict, probe, scenes, visualize, zoo
from core.layers import UnknownLayer


@pytest.fixture(scope="module")
def imgs():
    return [scenes.draw(seed=seed, size=64).image for seed in range(3)]


def test_logits_are_unchanged_without_ablated_units(small_model: zoo.Model, imgs):
    logits = dissect.logits_without(small_model, imgs, {"layer3": []})
    np.testing.assert_allclose(logits, predict.scores(small_model, imgs).logits, atol=1e-5)


def test_only_the_bias_remains_without_all_features(small_model: zoo.Model, imgs):
    name = list(small_model.layers)[-2]
    count = small_model.layers[name].shape[0]
    logits = dissect.logits_without(small_model, imgs, {name: range(count)})
    bias = small_model.net.fc.bias.detach().numpy()
    np.testing.assert_allclose(logits, np.broadcast_to(bias, logits.shape), atol=1e-6)


def test_ablating_a_feature_subtracts_its_contribution(small_model: zoo.Model, imgs):
    """The contribution of a feature to the logits is its value times its weights."""
    name = list(small_model.layers)[-2]
    features = probe.read(small_model, small_model.preprocess(imgs), [name])[name].flatten(1)
    contribution = features[:, 7, None] * small_model.net.fc.weight[:, 7].detach()
    logits = predict.scores(small_model, imgs).logits
    ablated = dissect.logits_without(small_model, imgs, {name: [7]})
    np.testing.assert_allclose(logits - ablated, contribution.numpy(), atol=1e-5)


def test_ablating_an_unknown_unit_raises(small_model: zoo.Model, imgs):
    with pytest.raises(visualize.NoSuchUnit, match="0 to 47"):
        dissect.logits_without(small_model, imgs, {"layer2": [48]})


def test_links_through_one_convolution_follow_its_weights(small_model: zoo.Model, imgs):
    """The gradient from a convolution's input to its output is its kernel."""
    source, target = "layer2.0.act1", "layer2.0.conv2"
    activation = probe.read(small_model, small_model.preprocess(imgs), [source])[source]
    std = activation.movedim(1, 0).flatten(1).std(dim=1).numpy()
    effects = dissect.incoming(small_model, imgs, target, 5, source)
    # Away from the border, a rise at every position passes through all nine weights.
    kernel_sums = small_model.net.get_submodule(target).weight[5].sum(dim=(1, 2)).detach().numpy()
    assert np.corrcoef(effects, kernel_sums * std)[0, 1] > 0.98


def test_incoming_and_outgoing_effects_agree(small_model: zoo.Model, imgs):
    source_effects = dissect.incoming(small_model, imgs, "layer2.0.conv2", 5, "layer2.0.act1")
    target_effects = dissect.outgoing(small_model, imgs, "layer2.0.act1", 3, "layer2.0.conv2")
    assert target_effects.shape == (48,)
    assert target_effects[5] == pytest.approx(source_effects[3], rel=1e-3, abs=1e-6)


def test_links_from_a_later_to_an_earlier_layer_raise(small_model: zoo.Model, imgs):
    with pytest.raises(UnknownLayer, match="does not come before"):
        dissect.incoming(small_model, imgs, "layer1", 0, "layer2")
    with pytest.raises(UnknownLayer, match="does not come before"):
        dissect.outgoing(small_model, imgs, "layer2", 0, "layer1")


def test_ablation_removes_its_hooks(small_model: zoo.Model, imgs):
    dissect.logits_without(small_model, imgs, {"layer1": [0]})
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert torch.is_grad_enabled()
