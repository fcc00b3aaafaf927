"""Views of the gallery's photographs: crops, mirror images and lights, with the photo as label."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core import embed, zoo
from core import pictures as pictures_module
from core.gallery_photos import PHOTOS, Photo
from core.layers import PIXELS
from core.pictures import PictureForgotten, Pictures
from core.sets import BrokenFile, PictureSet, SetLibrary, gallery_views
from core.sets.gallery_views import VIEWS, View


@pytest.fixture(scope="module")
def views() -> gallery_views.GalleryViews:
    return gallery_views.gallery_views(Pictures())


def test_every_photograph_has_as_many_views_with_its_title_as_label(views):
    assert isinstance(views, PictureSet)
    labels = Counter(views.label(index) for index in range(len(views)))
    assert labels == {photo.title: len(VIEWS) for photo in PHOTOS.values()}
    assert sorted(labels) == list(views.classes)
    assert len(VIEWS) == 12
    assert views.facts(13) == {"view": "whole, mirrored", "credit": PHOTOS["coffee"].credit}


def test_all_views_differ_in_their_keys_and_pixels(views):
    assert len(set(views.keys)) == len(views)
    assert len({views.image(index).tobytes() for index in range(2 * len(VIEWS))}) == 2 * len(VIEWS)


def test_a_view_is_a_crop_mirrored_in_another_light(views):
    photo = np.asarray(Pictures().find("photo:chelsea").image)
    height, width, _ = photo.shape
    left, right = round(0.3 * width), round(0.3 * width) + round(0.7 * width)
    crop = photo[: round(0.7 * height), left:right][:, ::-1]
    lit = np.clip(np.round(crop * np.array([1.15, 1.0, 0.75])), 0, 255)
    index = [view.name for view in VIEWS].index("upper right, mirrored, warm light")
    np.testing.assert_array_equal(np.asarray(views.image(index)), lit)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_lies_within_its_photograph(view: View):
    assert view.left >= 0
    assert view.top >= 0
    assert max(view.left, view.top) + view.side <= 1 + 1e-9
    assert ("mirrored" in view.name) == view.mirrored


def test_the_set_is_found_by_its_reference_and_is_always_the_same(views, tmp_path: Path):
    library = SetLibrary(Pictures(), [], tmp_path, 1)
    found = library.find(views.reference)
    assert (found.keys, found.reference) == (views.keys, views.reference)
    assert found.image(7).tobytes() == views.image(7).tobytes()
    with pytest.raises(PictureForgotten, match="gallery has changed"):
        library.find("views:0123456789abcdef")


def test_another_photograph_changes_the_reference(views, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gallery_views, "PHOTOS", {"chelsea": PHOTOS["chelsea"]})
    assert gallery_views.gallery_views(Pictures()).reference != views.reference


def test_a_photograph_whose_package_is_missing_is_an_error(views, monkeypatch: pytest.MonkeyPatch):
    absent = Photo("A dodo", "no_package_of_this_name", "dodo.png", "nobody, CC0")
    for module in (pictures_module, gallery_views):
        monkeypatch.setattr(module, "PHOTOS", {"dodo": absent})
    with pytest.raises(PictureForgotten, match="not installed"):
        gallery_views.gallery_views(Pictures())
    with pytest.raises(BrokenFile, match="not installed"):
        views.image(0)


def test_views_of_a_photograph_lie_together_for_a_trained_network(views, bundled):
    """A network recognises photographs, even one that was taught on drawings; pixels do not."""
    imgs = [views.image(index) for index in range(len(views))]
    labels = [views.label(index) for index in range(len(views))]
    m = zoo.load("bundled/scenes-regnet")
    known, pixels = (
        embed.purity(embed.features(m, imgs, layer), labels) for layer in ("s3.b1", PIXELS)
    )
    assert known > 0.5
    assert pixels < 0.4
