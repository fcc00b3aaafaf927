"""A network is mended by its last layer alone, and then does without the shortcut."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load, load_file

from core import interventions, predict, scenes, zoo
from core.interventions import MendedLayer, NotMendable, Suspicion, mending, shortcuts
from core.steps import drain
from core.training.configs import HELD_OUT_SEED, swapped_factors

SWAPPED = 80


def swapped_accuracy(m: zoo.Model) -> float:
    """The share of right answers for wolves on grass and dogs on snow."""
    drawn = scenes.batch(HELD_OUT_SEED + 1, range(SWAPPED), 128, swapped_factors(SWAPPED))
    pixels = drawn.pictures.permute(0, 2, 3, 1).contiguous().numpy()
    logits = predict.scores(m, [Image.fromarray(picture) for picture in pixels]).logits
    return float((logits.argmax(1) == drawn.labels.numpy()).mean())


def test_the_planted_bias_is_mended(bundled, tmp_path, monkeypatch):
    m = zoo.load("bundled/scenes-mobilenet-biased")
    assert swapped_accuracy(m) < 0.2
    mended = drain(interventions.mend_steps(m, ["dog", "wolf"]))
    files = interventions.mended_files(m.card, mended)
    folder = tmp_path / "mended"
    folder.mkdir()
    (folder / "config.json").write_bytes(files.config)
    (folder / "model.safetensors").write_bytes(files.weights)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    assert swapped_accuracy(zoo.load("local/mended")) > 0.75


def test_a_layer_that_stays_as_it_is_repeats_the_test(bundled, monkeypatch):
    monkeypatch.setattr(shortcuts, "TESTED", 2)
    m = zoo.load("bundled/scenes-mobilenet-biased")
    wolf = Suspicion("wolf", "background", "snow", 0.0)
    test = drain(shortcuts.check_suspicion_steps(m, wolf, tuple(m.labels), seed=7))
    with m.borrow() as net:
        name, linear = mending._last_layer(net)
        same = MendedLayer(name, linear.weight.numpy().copy(), linear.bias.numpy().copy(), 0)
    ((with_level, without),) = drain(interventions.retest_steps(m, same, [test]))
    assert with_level == pytest.approx(np.mean(test.with_level), abs=1e-5)
    assert without == pytest.approx(np.mean(test.without), abs=1e-5)
    assert with_level > without


def test_only_the_last_layer_differs_in_the_files(bundled):
    card = zoo.describe("bundled/scenes-regnet")
    layer = MendedLayer("head.fc", np.full((28, 368), 0.5, np.float32), np.ones(28, np.float32), 9)
    files = interventions.mended_files(card, layer)
    before, after = load_file(card.folder / "model.safetensors"), load(files.weights)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"head.fc.weight", "head.fc.bias"}
    assert after["head.fc.weight"].dtype == before["head.fc.weight"].dtype
    config = json.loads(files.config)
    assert config["pretrained_cfg"]["description"] == "scenes-regnet, last layer learned again"
    with pytest.raises(NotMendable, match="no folder"):
        interventions.mended_files(replace(card, folder=None), layer)


def test_the_layer_learns_what_is_balanced_and_forgets_the_shortcut():
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(200) % 2
    signs = 2.0 * targets - 1
    shortcut = torch.where(torch.rand(200, generator=generator) < 0.5, 1.0, -1.0)
    features = torch.stack([0.5 * signs + 0.1 * torch.randn(200, generator=generator), shortcut], 1)
    prefers_shortcut = torch.tensor([[0.0, -3.0], [0.0, 3.0]])
    weight, bias = mending._learn(features, targets, prefers_shortcut, torch.zeros(2))
    assert (features @ weight.T + bias).argmax(1).eq(targets).all()
    assert (weight[1, 1] - weight[0, 1]).abs() < 1 < weight[1, 0] - weight[0, 0]
