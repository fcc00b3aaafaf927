"""Sets of drawn scenes: balanced, named by a text, drawn when looked at."""

from collections import Counter

import numpy as np
import pytest

from core import scenes
from core.dissect import sample
from core.scenes import BadScene
from core.sets import MOST, drawn
from core.sets.drawn_scenes import from_reference


def test_classes_and_backgrounds_come_alike():
    chosen = drawn(24, 7, ["wolf", "dog"], ["snow", "grass", "sand", "sky"])
    pairs = Counter((chosen.label(i), chosen.facts(i)["background"]) for i in range(24))
    assert set(pairs.values()) == {3}
    assert len(pairs) == 8
    assert chosen.classes == ("dog", "wolf")


def test_all_classes_stand_in_a_set_that_names_none():
    chosen = drawn(2 * len(scenes.CLASSES))
    assert set(Counter(map(chosen.label, range(len(chosen)))).values()) == {2}
    assert chosen.classes == scenes.CLASSES


def test_the_usual_set_is_the_one_that_units_are_shown():
    chosen = drawn()
    assert len(chosen) == sample.COUNT
    for index in (0, 30, 559):
        own, usual = chosen.image(index, 48), sample.scene(index, 48)
        assert own.tobytes() == usual.image.tobytes()
        assert chosen.label(index) == usual.factors.class_


def test_a_scene_is_what_its_facts_say():
    chosen = drawn(3, 5, ["owl"], ["sky"])
    made = scenes.batch(5, [2], 32, {"class_": "owl", "background": "sky"})
    assert chosen.image(2, 32).tobytes() == made.pictures[0].permute(1, 2, 0).numpy().tobytes()
    facts = chosen.facts(2)
    assert facts["background"] == "sky"
    assert facts["surface"] == made.factors[0].surface
    assert facts["hue"] == f"{made.factors[0].hue:.2f}"
    assert facts["mirrored"] == ("yes" if made.factors[0].mirrored else "no")
    assert "class_" not in facts


def test_it_is_drawn_as_large_as_asked():
    chosen = drawn(1)
    assert [chosen.image(0, size).size for size in (16, 40)] == [(16, 16), (40, 40)]
    assert chosen.image(0).size == (320, 320)


def test_one_at_a_time_and_in_any_order_they_are_the_same():
    chosen = drawn(6, 9)
    first = [np.asarray(chosen.image(index, 24)) for index in (5, 0)]
    again = [np.asarray(drawn(6, 9).image(index, 24)) for index in (0, 5)]
    np.testing.assert_array_equal(first[0], again[1])
    np.testing.assert_array_equal(first[1], again[0])
    assert (first[0] != first[1]).any()


@pytest.mark.parametrize(
    ("asked", "reference"),
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
def test_a_reference_gives_the_same_set_back(asked, reference):
    chosen = drawn(**asked)
    assert chosen.reference == reference
    again = from_reference(reference)
    assert (again.keys, again.reference, again.name) == (chosen.keys, reference, chosen.name)


def test_a_key_is_a_scene_whatever_its_set():
    few, more = drawn(28, 3), drawn(56, 3)
    assert more.keys[:28] == few.keys
    assert len(set(more.keys)) == 56
    others = [drawn(28, 4), drawn(28, 3, backgrounds=["snow"]), drawn(28, 3, ["wolf"])]
    for other in others:
        # A wolf of the same seed and number is the same wolf, in whatever set it is the turn of.
        same = [few.label(i) == other.label(i) and other.backgrounds == () and other.seed == 3
                for i in range(28)]  # fmt: skip
        assert [a == b for a, b in zip(few.keys, other.keys, strict=True)] == same


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("scenes:0~1", "1 to 20,000"),
        (f"scenes:{MOST + 1}~1", "1 to 20,000"),
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
def test_what_is_no_set_of_scenes_is_refused_with_what_there_is(reference, words):
    with pytest.raises(BadScene, match=words):
        from_reference(reference)


def test_as_many_as_there_may_be_cost_no_drawing():
    chosen = drawn(MOST)
    assert len(set(chosen.keys)) == MOST
    assert chosen.facts(MOST - 1)["background"] in scenes.BACKGROUNDS
