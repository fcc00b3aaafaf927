import pytest

from core import scenes
from core.pictures import GALLERY_SCENES, Pictures
from core.scenes import BadScene


@pytest.mark.parametrize(
    "fixed",
    [{}, {"background": "snow"}, {"hue": 0.25, "scale": 0.8, "mirrored": True, "angle": -12.5},
     {"mirrored": False, "light": 90.0, "surface": "fur"}],
)  # fmt: skip
def test_a_reference_draws_the_scene_it_was_made_of(fixed):
    text = scenes.reference("wolf", 7, **fixed)
    drawn = scenes.from_reference(text, 64)
    assert drawn.factors == scenes.draw("wolf", 7, 64, **fixed).factors


@pytest.mark.parametrize(
    "text",
    ["", "wolf", "wolf~", "wolf~x", "wolf~-1", "wolf~99999999999", "dragon~1", "wolf~1~hue=red",
     "wolf~1~moon", "wolf~1~background=moon", "wolf~1~class_=dog", "wolf~1~mirrored=perhaps",
     "wolf~1~scale=9", "wolf~1~hue=nan"],
)  # fmt: skip
def test_a_text_that_is_no_scene_is_refused(text):
    with pytest.raises(BadScene):
        scenes.from_reference(text, 64)


def test_the_gallery_s_scenes_can_be_drawn():
    pictures = Pictures()
    for text in GALLERY_SCENES:
        found = pictures.find(f"scene:{text}")
        assert found.title == f"A drawn {text.partition('~')[0]}"
        assert pictures.get(found.id) is found.image
