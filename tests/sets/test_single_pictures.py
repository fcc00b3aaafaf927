"""Sets of single pictures: the gallery, and pictures that a visitor chose or uploaded."""

import pytest
from PIL import Image

from core import images
from core.gallery_photos import PHOTOS
from core.pictures import GALLERY_SCENES, PictureForgotten, Pictures
from core.scenes import BadScene
from core.sets import BrokenFile
from core.sets.single_pictures import from_reference, gallery, single_pictures


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


def upload(pictures: Pictures, *shades: int) -> list[str]:
    return [
        pictures.upload(images.png(Image.new("RGB", (20, 10), (shade, 0, 0))), "ada")
        for shade in shades
    ]


def test_the_gallery_contains_every_photograph_and_scene(pictures):
    gallery_set = gallery(pictures)
    assert len(gallery_set) == len(PHOTOS) + len(GALLERY_SCENES)
    assert gallery_set.classes == tuple(sorted({text.partition("~")[0] for text in GALLERY_SCENES}))
    assert [gallery_set.label(0), gallery_set.label(len(PHOTOS))] == [
        "",
        GALLERY_SCENES[0].partition("~")[0],
    ]
    assert gallery_set.facts(0) == {
        "title": "Chelsea the cat",
        "credit": "Stéfan van der Walt, CC0",
    }
    assert gallery_set.keys[0] == images.picture_id(gallery_set.image(0))
    assert gallery(Pictures()).reference == gallery_set.reference


def test_the_keys_of_uploads_are_their_ids(pictures):
    mine = single_pictures(pictures, upload(pictures, 10, 200))
    assert mine.reference.count("upload:") == 2
    assert [mine.image(index).getpixel((0, 0))[0] for index in range(2)] == [10, 200]
    assert mine.keys == tuple(images.picture_id(mine.image(index)) for index in range(2))
    assert (mine.classes, mine.label(1)) == ((), "")
    assert from_reference(pictures, mine.reference).keys == mine.keys


def test_the_order_matters_and_repeated_pictures_are_dropped(pictures):
    first, second = upload(pictures, 1, 2)
    assert (
        single_pictures(pictures, [first, second]).reference
        != single_pictures(pictures, [second, first]).reference
    )
    assert len(single_pictures(pictures, [first, second, first])) == 2
    assert len(single_pictures(pictures, [first])) == 1


@pytest.mark.parametrize("references", [[], ["upload:0123456789abcdef"], ["film:x"], [""]])
def test_unknown_pictures_are_an_error(pictures, references):
    with pytest.raises(PictureForgotten):
        single_pictures(pictures, references)


def test_a_scene_that_can_not_be_drawn_is_an_error(pictures):
    with pytest.raises(BadScene):
        single_pictures(pictures, ["scene:unicorn~1"])


def test_too_many_pictures_are_rejected(pictures):
    with pytest.raises(PictureForgotten, match="zip"):
        single_pictures(pictures, [f"scene:wolf~{seed}" for seed in range(401)])


def test_a_forgotten_picture_can_not_be_read(pictures):
    mine = single_pictures(pictures, upload(pictures, 10))
    pictures.forget("ada")
    with pytest.raises(BrokenFile, match="no longer holds"):
        mine.image(0)
