"""Pairs of scenes differ in exactly one factor, and levels are balanced."""

from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from core import scenes
from core.interventions import FACTORS, Pairs, UnknownClasses, scene_classes

CLASSES = ("wolf", "dog", "cat")
# The factor of `core.scenes` that a factor of the drawing sets.
SET_BY = {
    "background": "background", "texture": "surface", "colour": "hue", "size": "scale",
    "turn": "angle", "light": "light", "mirror": "mirrored",
}  # fmt: skip


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[scenes.Factors]]:
    """The factors of all scenes that are drawn, in the order of the calls."""
    calls: list[list[scenes.Factors]] = []
    batch = scenes.batch

    def record(*arguments, **options):
        result = batch(*arguments, **options)
        calls.append(result.factors)
        return result

    monkeypatch.setattr(scenes, "batch", record)
    return calls


@pytest.mark.parametrize("key", SET_BY)
def test_a_changed_scene_differs_in_that_factor_only(drawn, key):
    pairs = Pairs.plan(CLASSES, 9)
    imgs = pairs.draw(range(9), 32)
    changed = pairs.change(imgs, range(9), key)
    before, after = drawn
    for a, b in zip(before, after, strict=True):
        assert {name for name, value in asdict(a).items() if asdict(b)[name] != value} == {
            SET_BY[key]
        }
    assert all(not np.array_equal(a, b) for a, b in zip(imgs, changed, strict=True))


@pytest.mark.parametrize("key", [key for key, factor in FACTORS.items() if factor.changes])
def test_factors_of_the_photograph_change_the_same_picture_a_little(drawn, key):
    pairs = Pairs.plan(CLASSES, 6)
    imgs = pairs.draw(range(6), 64)
    changed = pairs.change(imgs, range(6), key)
    assert len(drawn) == 1  # nothing is drawn again
    for img, other in zip(imgs, changed, strict=True):
        difference = np.abs(np.asarray(img, float) - np.asarray(other, float)).mean()
        assert 0.5 < difference < 25
    unchanged = pairs.change(imgs, range(6), key, [0] * 6)
    assert all(np.array_equal(a, b) for a, b in zip(imgs, unchanged, strict=True))


def test_levels_are_equally_frequent_in_every_class_and_always_change():
    count = 28 * len(scenes.CLASSES)
    pairs = Pairs.plan(scenes.CLASSES, count)
    for key, factor in FACTORS.items():
        before, after = pairs.before[key], pairs.after[key]
        assert (before != after).all()
        assert set(after) <= set(range(len(factor.levels)))
        if not factor.drawn:
            assert not before.any()
            continue
        for class_ in ("bear", "wolf"):
            rows = [row for row, name in enumerate(pairs.classes) if name == class_]
            counts = Counter(before[rows].tolist())
            assert (
                max(counts.values()) - min(counts.get(i, 0) for i in range(len(factor.levels))) <= 1
            )


def test_a_plan_depends_on_its_seed_only():
    first, again, other = (Pairs.plan(CLASSES, 30, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(first.before[key], again.before[key]) for key in FACTORS)
    assert any(not np.array_equal(first.before[key], other.before[key]) for key in FACTORS)
    assert first.seed != other.seed


def test_networks_that_know_no_scenes_are_refused_with_a_way_out():
    assert scene_classes(["wolf", "cat"]) == ("wolf", "cat")
    for labels in (["tench", "wolf", "cat"], ["wolf"], []):
        with pytest.raises(UnknownClasses, match=r"bundled/scenes-mobilenet"):
            scene_classes(labels)
