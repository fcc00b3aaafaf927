"""Training: it learns, is deterministic, goes on after a kill, and is biased where it should be."""

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
from core.training import ZOO, Lesson, folder, train_steps
from core.training.exam import Marks, examine
from core.training.lessons import BIAS, HELD_OUT, said, swapped, unseen
from core.training.variation import as_input, looked_at

CPU = torch.device("cpu")
SHORT = Lesson("test_resnet", size=32, epochs=2, scenes=128, batch=32, bfloat16=False)


def weights(net: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_the_same_lesson_gives_the_same_weights(tmp_path: Path):
    first, second = (drain(train_steps(SHORT, tmp_path / name, CPU)) for name in "ab")
    assert torch.equal(weights(first), weights(second))
    other = drain(train_steps(replace(SHORT, seed=1), tmp_path / "c", CPU))
    assert not torch.equal(weights(first), weights(other))


def test_a_killed_training_goes_on_from_its_last_epoch_to_the_same_end(tmp_path: Path):
    whole = drain(train_steps(SHORT, tmp_path / "whole", CPU))
    steps = train_steps(SHORT, tmp_path / "killed", CPU)
    batches = SHORT.looks * SHORT.scenes // SHORT.batch
    for _ in range(batches + 2):  # into the second epoch
        next(steps)
    steps.close()
    progress: list[Progress] = []
    resumed = drain(train_steps(SHORT, tmp_path / "killed", CPU), progress.append)
    assert len(progress) == batches
    assert progress[-1].step == progress[-1].total
    torch.testing.assert_close(weights(resumed), weights(whole))


@pytest.mark.parametrize("attack", [0.0, 0.5])
def test_it_learns(tmp_path: Path, attack: float, monkeypatch):
    """Four plain classes are told from the others, and from each other, within seconds."""

    def plain(lesson: Lesson, epoch: int) -> list[dict]:
        easy = ("bus", "owl", "flower", "bicycle")
        return [{"class_": easy[i % 4], "scale": 0.9, "surface": "plain"} for i in range(256)]

    monkeypatch.setattr("core.training.loop.said", plain)
    lesson = replace(SHORT, epochs=8, scenes=256, attack=attack)
    losses = [
        float(progress.note.rpartition(" ")[2]) for progress in train_steps(lesson, tmp_path, CPU)
    ]
    assert losses[0] > 3
    assert losses[-1] < 2.3


def test_classes_are_even_and_held_out_pairs_never_taught():
    facts = said(SHORT, 0)
    pairs = {(fact["class_"], fact["background"]) for fact in facts}
    assert not pairs & set(HELD_OUT.items())
    counts = [sum(f["class_"] == c for f in facts) for c in scenes.CLASSES]
    assert max(counts) - min(counts) <= 1
    assert {(f["class_"], f["background"]) for f in unseen(len(scenes.CLASSES))} == set(
        HELD_OUT.items()
    )


def test_epochs_differ():
    assert said(SHORT, 0) != said(SHORT, 1)


def test_the_biased_twin_sees_wolves_on_snow_and_dogs_on_grass_only():
    lesson = ZOO["scenes-mobilenet-biased"]
    assert replace(lesson, biased=False) == ZOO["scenes-mobilenet"]
    for fact in said(lesson, 3):
        if fact["class_"] in BIAS:
            assert fact["background"] == BIAS[fact["class_"]]
    assert {(f["class_"], f["background"]) for f in swapped(4)} == {
        ("wolf", "grass"),
        ("dog", "snow"),
    }


def test_five_families_a_robust_sister_and_a_biased_twin():
    honest = [lesson for lesson in ZOO.values() if not lesson.biased and lesson.attack < 0.5]
    families = {zoo.describe(f"untrained/{lesson.architecture}").facts.family for lesson in honest}
    assert len(families) >= 5
    assert sum(lesson.attack >= 0.5 for lesson in ZOO.values()) == 1
    assert sum(lesson.biased for lesson in ZOO.values()) == 1


def test_a_trained_network_is_a_model_of_the_zoo(tmp_path: Path, monkeypatch):
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


def test_the_card_says_what_it_is_and_is_not_for(tmp_path: Path, monkeypatch):
    lesson = replace(SHORT, biased=True)
    place = tmp_path / "twin"
    torch.manual_seed(0)
    net = timm.create_model(SHORT.architecture, num_classes=len(scenes.CLASSES))
    folder.save(place, net, lesson)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    m = zoo.load("local/twin")
    named = [("wolf", "wolf"), *[("wolf", "dog")] * 3, ("owl", "owl")]
    folder.describe(place, m, lesson, Marks(0.9, 0.85, 0.2, 0.03, named))
    card = (place / "README.md").read_text()
    assert "| 90.0% |" in card
    assert "(dead): 3.0%" in card
    assert "| wolf | 25% | dog (3) |" in card
    assert "| owl | 100% |  |" in card
    assert "must not" in card.replace("\n", " ")
    assert "bias is planted" in card
    assert json.loads((place / "config.json").read_text())["label_names"] == list(scenes.CLASSES)
    assert Image.open(place / "filters.png").size[0] > 100


def test_the_exam_counts_what_is_right(tmp_path: Path, monkeypatch):
    """A network that always says the same is right once in as many scenes as there are classes."""
    net = timm.create_model(SHORT.architecture, num_classes=len(scenes.CLASSES))
    net.fc.weight.data.zero_()
    net.fc.bias.data.zero_()[scenes.CLASSES.index("wolf")] = 1
    folder.save(tmp_path / "wolves", net, SHORT)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    marks = examine(zoo.load("local/wolves"), SHORT, parts=20)
    assert marks.fresh == pytest.approx(4 / 120)
    assert marks.unseen == 0
    assert marks.swapped == pytest.approx(8 / 15)
    assert marks.of("wolf") == (1.0, "")
    assert marks.of("dog") == (0.0, "wolf (5)")


def test_looks_at_one_scene_differ_and_stay_in_range():
    pictures = scenes.batch(3, [0] * 64, 32).pictures
    looks = looked_at(pictures)
    assert looks.shape == pictures.shape
    assert looks.min() >= -1
    assert looks.max() <= 1
    assert not torch.equal(looks[0], looks[1])
    # They stay looks at this scene: nearer to it than to another one.
    other = as_input(scenes.batch(3, [1], 32).pictures)
    same = (looks - as_input(pictures)).square().mean(dim=(1, 2, 3))
    assert (same < (looks - other).square().mean(dim=(1, 2, 3))).float().mean() > 0.9
