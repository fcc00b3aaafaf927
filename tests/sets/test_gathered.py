"""Sets of single pictures: the gallery, and those a visitor gave."""

import pytest
from PIL import Image

from core import images
from core.pictures import GALLERY_SCENES, PHOTOS, PictureForgotten, Pictures
from core.scenes import BadScene
from core.sets import BrokenFile
from core.sets.gathered import from_reference, gallery, gathered


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


def given(pictures: Pictures, *shades: int) -> list[str]:
    return [
        pictures.upload(images.png(Image.new("RGB", (20, 10), (shade, 0, 0))), "ada")
        for shade in shades
    ]


def test_the_gallery_has_every_photograph_and_scene(pictures):
    found = gallery(pictures)
    assert len(found) == len(PHOTOS) + len(GALLERY_SCENES)
    assert found.classes == tuple(sorted({text.partition("~")[0] for text in GALLERY_SCENES}))
    assert [found.label(0), found.label(len(PHOTOS))] == ["", GALLERY_SCENES[0].partition("~")[0]]
    assert found.facts(0) == {"title": "Chelsea the cat", "credit": "Stéfan van der Walt, CC0"}
    assert found.keys[0] == images.picture_id(found.image(0))
    assert gallery(Pictures()).reference == found.reference


def test_uploads_are_a_set_under_their_own_ids(pictures):
    mine = gathered(pictures, given(pictures, 10, 200))
    assert mine.reference.count("upload:") == 2
    assert [mine.image(index).getpixel((0, 0))[0] for index in range(2)] == [10, 200]
    assert mine.keys == tuple(images.picture_id(mine.image(index)) for index in range(2))
    assert (mine.classes, mine.label(1)) == ((), "")
    assert from_reference(pictures, mine.reference).keys == mine.keys


def test_another_order_is_another_set_and_one_twice_counts_once(pictures):
    one, two = given(pictures, 1, 2)
    assert gathered(pictures, [one, two]).reference != gathered(pictures, [two, one]).reference
    assert len(gathered(pictures, [one, two, one])) == 2
    assert len(gathered(pictures, [one])) == 1


@pytest.mark.parametrize("references", [[], ["upload:0123456789abcdef"], ["film:x"], [""]])
def test_what_is_not_here_makes_no_set(pictures, references):
    with pytest.raises(PictureForgotten):
        gathered(pictures, references)


def test_a_scene_that_can_not_be_drawn_makes_no_set(pictures):
    with pytest.raises(BadScene):
        gathered(pictures, ["scene:unicorn~1"])


def test_more_than_a_link_can_name_are_refused(pictures):
    with pytest.raises(PictureForgotten, match="zip"):
        gathered(pictures, [f"scene:wolf~{seed}" for seed in range(401)])


def test_a_picture_forgotten_since_is_a_broken_one(pictures):
    mine = gathered(pictures, given(pictures, 10))
    pictures.forget("ada")
    with pytest.raises(BrokenFile, match="no longer holds"):
        mine.image(0)
