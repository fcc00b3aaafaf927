"""Switching units off changes what it should; links agree with finite differences."""

import numpy as np
import pytest
import torch

from core import dissect, predict, probe, scenes, visualize, zoo


@pytest.fixture(scope="module")
def imgs():
    return [scenes.draw(seed=seed, size=64).image for seed in range(3)]


def test_without_no_unit_the_logits_stay(small_model: zoo.Model, imgs):
    logits = dissect.logits_without(small_model, imgs, {"layer3": []})
    np.testing.assert_allclose(logits, predict.scores(small_model, imgs).logits, atol=1e-5)


def test_without_the_last_units_only_the_bias_is_left(small_model: zoo.Model, imgs):
    name = list(small_model.layers)[-2]
    count = small_model.layers[name].shape[0]
    logits = dissect.logits_without(small_model, imgs, {name: range(count)})
    bias = small_model.net.fc.bias.detach().numpy()
    np.testing.assert_allclose(logits, np.broadcast_to(bias, logits.shape), atol=1e-6)


def test_a_single_unit_is_what_it_adds(small_model: zoo.Model, imgs):
    """Of the last features, one unit's share in the logits is its value times its weights."""
    name = list(small_model.layers)[-2]
    features = probe.read(small_model, small_model.preprocess(imgs), [name])[name].flatten(1)
    share = features[:, 7, None] * small_model.net.fc.weight[:, 7].detach()
    whole = predict.scores(small_model, imgs).logits
    without = dissect.logits_without(small_model, imgs, {name: [7]})
    np.testing.assert_allclose(whole - without, share.numpy(), atol=1e-5)


def test_units_that_are_not_there_are_refused(small_model: zoo.Model, imgs):
    with pytest.raises(visualize.NoSuchUnit, match="0 to 47"):
        dissect.logits_without(small_model, imgs, {"layer2": [48]})


def test_links_through_one_convolution_are_its_weights(small_model: zoo.Model, imgs):
    """From a 1 × 1 convolution's input to its output the gradient is the weight."""
    source, target = "layer2.0.bn1", "layer2.0.conv2"
    spread = probe.read(small_model, small_model.preprocess(imgs), ["layer2.0.act1"])
    given = spread["layer2.0.act1"].movedim(1, 0).flatten(1).std(dim=1).numpy()
    found = dissect.incoming(small_model, imgs, target, 5, "layer2.0.act1")
    kernel = small_model.net.get_submodule(target).weight[5].sum(dim=(1, 2)).detach().numpy()
    # Borders aside, a rise everywhere comes through all nine weights.
    assert np.corrcoef(found, kernel * given)[0, 1] > 0.98
    assert source in small_model.layers


def test_incoming_and_outgoing_agree(small_model: zoo.Model, imgs):
    into = dissect.incoming(small_model, imgs, "layer2.0.conv2", 5, "layer2.0.act1")
    out = dissect.outgoing(small_model, imgs, "layer2.0.act1", 3, "layer2.0.conv2")
    assert out.shape == (48,)
    assert out[5] == pytest.approx(into[3], rel=1e-3, abs=1e-6)


def test_links_go_forward_only(small_model: zoo.Model, imgs):
    with pytest.raises(probe.UnknownLayer, match="does not come before"):
        dissect.incoming(small_model, imgs, "layer1", 0, "layer2")
    with pytest.raises(probe.UnknownLayer, match="does not come before"):
        dissect.outgoing(small_model, imgs, "layer2", 0, "layer1")


def test_nothing_is_left_behind(small_model: zoo.Model, imgs):
    dissect.logits_without(small_model, imgs, {"layer1": [0]})
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert torch.is_grad_enabled()
