"""Ablation removes a unit's contribution; links match weights and finite differences."""

from collections.abc import Callable

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


LAYERS_WITHOUT_POSITIONS = ["global_pool", "fc", "logits"]


@pytest.mark.parametrize("target", LAYERS_WITHOUT_POSITIONS)
def test_links_lead_to_layers_without_positions(small_model: zoo.Model, imgs, target: str):
    """In a last linear layer, a unit's effect on a class is its weight times its deviation."""
    count = 1000 if target != "global_pool" else small_model.layers["layer4"].shape[0]
    effects = dissect.outgoing(small_model, imgs, "layer4", 3, target)
    assert effects.shape == (count,)
    strongest = int(np.abs(effects).argmax())
    into = dissect.incoming(small_model, imgs, target, strongest, "layer4")
    assert into[3] == pytest.approx(effects[strongest], rel=1e-3)


@pytest.mark.parametrize("target", ["fc", "logits"])
def test_links_from_pooled_features_to_classes_are_the_weights(
    small_model: zoo.Model, imgs, target: str
):
    x = small_model.preprocess(imgs)
    pooled = probe.read(small_model, x, ["global_pool"])["global_pool"].numpy()
    weight = small_model.net.fc.weight.detach().numpy()
    std = pooled.std(axis=0, ddof=1)
    into = dissect.incoming(small_model, imgs, target, 7, "global_pool")
    np.testing.assert_allclose(into, weight[7] * std, rtol=1e-3, atol=1e-7)
    out = dissect.outgoing(small_model, imgs, "global_pool", 5, target)
    np.testing.assert_allclose(out, weight[:, 5] * std[5], rtol=1e-2, atol=1e-5)


def test_links_to_a_class_that_does_not_exist_raise(small_model: zoo.Model, imgs):
    with pytest.raises(visualize.NoSuchUnit, match="no class 1000"):
        dissect.incoming(small_model, imgs, "logits", 1000, "layer4")
    with pytest.raises(UnknownLayer, match="does not come before"):
        dissect.outgoing(small_model, imgs, "logits", 0, "layer4")


COMPUTATIONS = {
    "incoming": lambda m, imgs: dissect.incoming(m, imgs, "layer2", 5, "layer1"),
    "outgoing": lambda m, imgs: dissect.outgoing(m, imgs, "layer1", 3, "layer2"),
    "ablation": lambda m, imgs: dissect.logits_without(m, imgs, {"layer1": [0]}),
    "responses": lambda m, imgs: dissect.responses(m, imgs, ["layer1"])["layer1"].peak,
    "parts": lambda m, imgs: dissect.parts(m, "layer1", count=14).iou,
}


@pytest.mark.parametrize("compute", COMPUTATIONS.values(), ids=COMPUTATIONS)
def test_no_batch_is_larger_than_fits_and_results_do_not_depend_on_it(
    small_model: zoo.Model, imgs, monkeypatch: pytest.MonkeyPatch, compute: Callable
):
    whole, sizes = compute(small_model, imgs), []
    monkeypatch.setitem(vars(small_model), "batch_size", 2)
    handle = small_model.net.register_forward_pre_hook(
        lambda _module, inputs: sizes.append(len(inputs[0]))
    )
    parts = compute(small_model, imgs)
    handle.remove()
    assert max(sizes) == 2
    np.testing.assert_allclose(parts, whole, rtol=1e-3, atol=1e-4)


def test_ablation_removes_its_hooks(small_model: zoo.Model, imgs):
    dissect.logits_without(small_model, imgs, {"layer1": [0]})
    assert not any(module._forward_hooks for module in small_model.net.modules())
    assert torch.is_grad_enabled()
