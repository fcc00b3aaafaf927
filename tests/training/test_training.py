"""Training learns, is deterministic, resumes after an interruption, and follows its bias."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from core import scenes, zoo
from core.steps import Progress, drain
from core.training import CONFIGS, TrainingConfig, folder, train_steps
from core.training.augmentation import as_input, augment
from core.training.configs import (
    BIAS,
    HELD_OUT,
    held_out_factors,
    swapped_factors,
    training_factors,
)
from core.training.evaluation import Evaluation, evaluate

CPU = torch.device("cpu")
SHORT = TrainingConfig("test_resnet", size=32, epochs=2, scenes=128, batch=32, bfloat16=False)


def weights(net: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_weights_depend_only_on_the_configuration(tmp_path: Path):
    first, second = (drain(train_steps(SHORT, tmp_path / name, CPU)) for name in "ab")
    assert torch.equal(weights(first), weights(second))
    other_seed = drain(train_steps(replace(SHORT, seed=1), tmp_path / "c", CPU))
    assert not torch.equal(weights(first), weights(other_seed))


def test_an_interrupted_training_resumes_after_its_last_finished_epoch(tmp_path: Path):
    uninterrupted = drain(train_steps(SHORT, tmp_path / "uninterrupted", CPU))
    steps = train_steps(SHORT, tmp_path / "interrupted", CPU)
    batches = SHORT.looks * SHORT.scenes // SHORT.batch
    for _ in range(batches + 2):  # into the second epoch
        next(steps)
    steps.close()
    progress: list[Progress] = []
    resumed = drain(train_steps(SHORT, tmp_path / "interrupted", CPU), progress.append)
    assert len(progress) == batches
    assert progress[-1].step == progress[-1].total
    torch.testing.assert_close(weights(resumed), weights(uninterrupted))


@pytest.mark.parametrize("attack", [0.0, 0.5])
def test_training_decreases_the_loss(tmp_path: Path, attack: float, monkeypatch):
    """A few epochs suffice to learn four classes that are easy to distinguish."""

    def easy_factors(config: TrainingConfig, epoch: int) -> list[dict]:
        classes = ("bus", "owl", "flower", "bicycle")
        return [{"class_": classes[i % 4], "scale": 0.9, "surface": "plain"} for i in range(256)]

    monkeypatch.setattr("core.training.loop.training_factors", easy_factors)
    config = replace(SHORT, epochs=8, scenes=256, attack=attack)
    losses = [
        float(progress.note.rpartition(" ")[2]) for progress in train_steps(config, tmp_path, CPU)
    ]
    assert losses[0] > 3
    assert losses[-1] < 2.3


def test_classes_are_equally_frequent_and_held_out_pairs_are_excluded():
    factors = training_factors(SHORT, 0)
    pairs = {(scene["class_"], scene["background"]) for scene in factors}
    assert not pairs & set(HELD_OUT.items())
    counts = [sum(scene["class_"] == class_ for scene in factors) for class_ in scenes.CLASSES]
    assert max(counts) - min(counts) <= 1
    held_out = held_out_factors(len(scenes.CLASSES))
    assert {(scene["class_"], scene["background"]) for scene in held_out} == set(HELD_OUT.items())


def test_every_epoch_has_other_scenes():
    assert training_factors(SHORT, 0) != training_factors(SHORT, 1)


def test_the_biased_network_is_trained_on_wolves_on_snow_and_dogs_on_grass_only():
    config = CONFIGS["scenes-mobilenet-biased"]
    assert replace(config, biased=False) == CONFIGS["scenes-mobilenet"]
    for scene in training_factors(config, 3):
        if scene["class_"] in BIAS:
            assert scene["background"] == BIAS[scene["class_"]]
    assert {(scene["class_"], scene["background"]) for scene in swapped_factors(4)} == {
        ("wolf", "grass"),
        ("dog", "snow"),
    }


def test_the_zoo_has_five_families_a_robust_and_a_biased_network():
    ordinary = [config for config in CONFIGS.values() if not config.biased and config.attack < 0.5]
    families = {
        zoo.describe(f"untrained/{config.architecture}").facts.family for config in ordinary
    }
    assert len(families) >= 5
    assert sum(config.attack >= 0.5 for config in CONFIGS.values()) == 1
    assert sum(config.biased for config in CONFIGS.values()) == 1


def test_a_trained_network_can_be_loaded_from_its_folder(tmp_path: Path, monkeypatch):
    net = drain(train_steps(replace(SHORT, epochs=1), tmp_path / "state", CPU))
    folder.save(tmp_path / "zoo" / "mine", net, SHORT)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path / "zoo"))
    m = zoo.load("local/mine")
    assert m.labels == scenes.CLASSES
    scene = scenes.draw("owl", seed=1, size=32)
    x = torch.from_numpy(np.array(scene.image)).permute(2, 0, 1)
    torch.testing.assert_close(m.preprocess([scene.image])[0], as_input(x), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        m.net(m.preprocess([scene.image])), net(as_input(x)[None]), atol=0.02, rtol=0.02
    )


def test_the_card_states_accuracies_bias_and_limits(tmp_path: Path, monkeypatch):
    config = replace(SHORT, biased=True)
    path = tmp_path / "biased"
    torch.manual_seed(0)
    net = timm.create_model(SHORT.architecture, num_classes=len(scenes.CLASSES))
    folder.save(path, net, config)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    m = zoo.load("local/biased")
    predictions = [("wolf", "wolf"), *[("wolf", "dog")] * 3, ("owl", "owl")]
    folder.write_card(path, m, config, Evaluation(0.9, 0.85, 0.2, 0.03, predictions))
    card = (path / "README.md").read_text()
    assert "| 90.0% |" in card
    assert "(dead): 3.0%" in card
    assert "| wolf | 25% | dog (3) |" in card
    assert "| owl | 100% |  |" in card
    assert "must not" in card.replace("\n", " ")
    assert "bias is planted" in card
    assert json.loads((path / "config.json").read_text())["label_names"] == list(scenes.CLASSES)
    assert Image.open(path / "filters.png").size[0] > 100


def test_evaluation_of_a_constant_prediction_gives_the_expected_accuracies(
    tmp_path: Path, monkeypatch
):
    """The network always predicts "wolf", which is correct in 1 of 28 scenes on average."""
    net = timm.create_model(SHORT.architecture, num_classes=len(scenes.CLASSES))
    net.fc.weight.data.zero_()
    net.fc.bias.data.zero_()[scenes.CLASSES.index("wolf")] = 1
    folder.save(tmp_path / "wolves", net, SHORT)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    evaluation = evaluate(zoo.load("local/wolves"), SHORT, subsample=20)
    assert evaluation.fresh_accuracy == pytest.approx(4 / 120)
    assert evaluation.held_out_accuracy == 0
    assert evaluation.swapped_accuracy == pytest.approx(8 / 15)
    assert evaluation.class_accuracy("wolf") == (1.0, "")
    assert evaluation.class_accuracy("dog") == (0.0, "wolf (5)")


def test_augmented_pictures_differ_stay_in_range_and_resemble_the_original():
    pictures = scenes.batch(3, [0] * 64, 32).pictures
    augmented = augment(pictures)
    assert augmented.shape == pictures.shape
    assert augmented.min() >= -1
    assert augmented.max() <= 1
    assert not torch.equal(augmented[0], augmented[1])
    other_scene = as_input(scenes.batch(3, [1], 32).pictures)
    distance = (augmented - as_input(pictures)).square().mean(dim=(1, 2, 3))
    other_distance = (augmented - other_scene).square().mean(dim=(1, 2, 3))
    assert (distance < other_distance).float().mean() > 0.9
