import pytest

from core import scenes
from core.pictures import GALLERY_SCENES, Pictures
from core.scenes import BadScene
from core.scenes.factors import BACKGROUNDS


@pytest.mark.parametrize(
    "fixed",
    [{}, {"background": "snow"}, {"hue": 0.25, "scale": 0.8, "mirrored": True, "angle": -12.5},
     {"mirrored": False, "light": 90.0, "surface": "fur"}],
)  # fmt: skip
def test_a_reference_restores_the_fixed_factors(fixed):
    text = scenes.reference("wolf", 7, **fixed)
    drawn = scenes.from_reference(text, 64)
    assert drawn.factors == scenes.draw("wolf", 7, 64, **fixed).factors


@pytest.mark.parametrize(
    "text",
    ["", "wolf", "wolf~", "wolf~x", "wolf~-1", "wolf~99999999999", "dragon~1", "wolf~1~hue=red",
     "wolf~1~moon", "wolf~1~background=moon", "wolf~1~class_=dog", "wolf~1~mirrored=perhaps",
     "wolf~1~scale=9", "wolf~1~hue=nan", "wolf~" + "9" * 5000],
)  # fmt: skip
def test_malformed_text_raises_bad_scene(text):
    with pytest.raises(BadScene):
        scenes.from_reference(text, 64)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_title_says_what_a_scene_shows_and_where(background):
    title = Pictures().find(f"scene:wolf~7~background={background}").title
    assert title.startswith("Drawn wolf ")
    assert background in title


def test_every_scene_of_the_gallery_can_be_drawn():
    pictures = Pictures()
    for text in GALLERY_SCENES:
        picture = pictures.find(f"scene:{text}")
        assert picture.title.startswith(f"Drawn {text.partition('~')[0]} ")
        assert pictures.get(picture.id) is picture.image
