"""Sets of drawn scenes are balanced, described by a text, and drawn on access."""

from collections import Counter

import numpy as np
import pytest

from core import scenes
from core.dissect import reference_scenes
from core.scenes import BadScene
from core.sets import MAX_PICTURES, scene_set
from core.sets.drawn_scenes import from_reference


def test_classes_and_backgrounds_are_balanced():
    picture_set = scene_set(24, 7, ["wolf", "dog"], ["snow", "grass", "sand", "sky"])
    pairs = Counter((picture_set.label(i), picture_set.facts(i)["background"]) for i in range(24))
    assert set(pairs.values()) == {3}
    assert len(pairs) == 8
    assert picture_set.classes == ("dog", "wolf")


def test_a_set_without_named_classes_has_all_classes():
    picture_set = scene_set(2 * len(scenes.CLASSES))
    assert set(Counter(map(picture_set.label, range(len(picture_set)))).values()) == {2}
    assert picture_set.classes == scenes.CLASSES


def test_the_default_set_is_the_reference_scenes():
    picture_set = scene_set()
    assert len(picture_set) == reference_scenes.COUNT
    for index in (0, 30, 559):
        reference = reference_scenes.scene(index, 48)
        assert picture_set.image(index, 48).tobytes() == reference.image.tobytes()
        assert picture_set.label(index) == reference.factors.class_


def test_the_facts_are_the_factors_of_the_scene():
    picture_set = scene_set(3, 5, ["owl"], ["sky"])
    batch = scenes.batch(5, [2], 32, {"class_": "owl", "background": "sky"})
    assert (
        picture_set.image(2, 32).tobytes() == batch.pictures[0].permute(1, 2, 0).numpy().tobytes()
    )
    facts = picture_set.facts(2)
    assert facts["background"] == "sky"
    assert facts["surface"] == batch.factors[0].surface
    assert facts["hue"] == f"{batch.factors[0].hue:.2f}"
    assert facts["mirrored"] == ("yes" if batch.factors[0].mirrored else "no")
    assert "class_" not in facts


def test_scenes_are_drawn_at_the_given_size():
    picture_set = scene_set(1)
    assert [picture_set.image(0, size).size for size in (16, 40)] == [(16, 16), (40, 40)]
    assert picture_set.image(0).size == (320, 320)


def test_scenes_do_not_depend_on_the_order_of_access():
    picture_set = scene_set(6, 9)
    first = [np.asarray(picture_set.image(index, 24)) for index in (5, 0)]
    again = [np.asarray(scene_set(6, 9).image(index, 24)) for index in (0, 5)]
    np.testing.assert_array_equal(first[0], again[1])
    np.testing.assert_array_equal(first[1], again[0])
    assert (first[0] != first[1]).any()


@pytest.mark.parametrize(
    ("arguments", "reference"),
    [
        ({"count": 200, "seed": 7}, "scenes:200~7"),
        (
            {"count": 20, "seed": 1, "classes": ["wolf", "dog"], "backgrounds": ["snow"]},
            "scenes:20~1~classes=dog,wolf~backgrounds=snow",
        ),
        ({"count": 20, "seed": 1, "backgrounds": ["sky"]}, "scenes:20~1~backgrounds=sky"),
        ({"count": 5, "seed": 0, "classes": scenes.CLASSES}, "scenes:5~0"),
    ],
)
def test_a_reference_describes_the_whole_set(arguments, reference):
    picture_set = scene_set(**arguments)
    assert picture_set.reference == reference
    again = from_reference(reference)
    assert (again.keys, again.reference, again.name) == (
        picture_set.keys,
        reference,
        picture_set.name,
    )


def test_the_same_scene_has_the_same_key_in_every_set():
    few, more = scene_set(28, 3), scene_set(56, 3)
    assert more.keys[:28] == few.keys
    assert len(set(more.keys)) == 56
    others = [scene_set(28, 4), scene_set(28, 3, backgrounds=["snow"]), scene_set(28, 3, ["wolf"])]
    for other in others:
        # A scene with the same seed, index and fixed factors is the same in every set.
        same = [few.label(i) == other.label(i) and other.backgrounds == () and other.seed == 3
                for i in range(28)]  # fmt: skip
        assert [a == b for a, b in zip(few.keys, other.keys, strict=True)] == same


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("scenes:0~1", "1 to 20,000"),
        (f"scenes:{MAX_PICTURES + 1}~1", "1 to 20,000"),
        ("scenes:5~1000000001", "seed"),
        ("scenes:5~1~classes=unicorn", "no class 'unicorn'; there are .*wolf"),
        ("scenes:5~1~classes=wolf,", "no class ''"),
        ("scenes:5~1~backgrounds=moon", "no background 'moon'; there are .*snow"),
        ("scenes:5~1~moods=sad", "there are classes, backgrounds"),
        ("scenes:5", "names no set"),
        ("scenes:", "names no set"),
        ("scenes:5~x", "names no set"),
        ("scenes:5~1~classes", "names no set"),
        (f"scenes:{'9' * 5000}~1", "names no set"),
        ("scenes:٣~1", "names no set"),
    ],
)
def test_the_error_for_a_bad_reference_says_what_is_allowed(reference, words):
    with pytest.raises(BadScene, match=words):
        from_reference(reference)


def test_the_largest_set_is_batch_without_drawing_its_scenes():
    picture_set = scene_set(MAX_PICTURES)
    assert len(set(picture_set.keys)) == MAX_PICTURES
    assert picture_set.facts(MAX_PICTURES - 1)["background"] in scenes.BACKGROUNDS
