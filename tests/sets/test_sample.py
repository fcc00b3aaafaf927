"""Samples are balanced, repeat, grow, and are found by their reference."""

from pathlib import Path

import pytest

from core import zoo
from core.gallery_photos import PHOTOS
from core.pictures import PictureForgotten, Pictures, known_classes
from core.sets import SetLibrary, SetSample, right_classes, scene_set, subjects
from tests.held_set import draw_set


@pytest.fixture
def library(tmp_path: Path) -> SetLibrary:
    return SetLibrary(Pictures(), (), tmp_path, 10**9)


def test_a_sample_is_balanced_and_a_larger_one_contains_it():
    parent = scene_set(200, 5, ["wolf", "dog", "cat"])
    small, large = SetSample(parent, 30, 1), SetSample(parent, 60, 1)
    labels = [small.label(index) for index in range(30)]
    assert sorted(labels.count(name) for name in ("wolf", "dog", "cat")) == [10, 10, 10]
    assert small.keys == large.keys[:30]
    assert small.keys == SetSample(parent, 30, 1).keys
    assert small.keys != SetSample(parent, 30, 2).keys
    assert len(SetSample(parent, 900)) == 200


def test_pictures_of_a_sample_are_those_of_its_set():
    parent = draw_set(6, 32)
    sample = SetSample(parent, 4)
    for index in range(4):
        original = parent.keys.index(sample.keys[index])
        assert sample.image(index) is parent.pictures[original]
        assert sample.label(index) == parent.label(original)
        assert right_classes(sample, index) == (parent.label(original),)
    assert subjects(sample, range(4)).tolist() == [0, 1, 2, 3]


def test_views_with_a_known_class_come_first_and_belong_to_their_photograph(library: SetLibrary):
    views = library.gallery_views
    known = [photo for photo in PHOTOS.values() if photo.classes]
    sample = SetSample(views, 2 * len(known))
    assert all(right_classes(sample, index) for index in range(len(sample)))
    groups = subjects(sample, range(len(sample)))
    assert sorted(groups.tolist()) == sorted(2 * list(range(len(known))))
    first = next(index for index in range(len(sample)) if sample.label(index) == "Chelsea the cat")
    assert right_classes(sample, first) == ("tabby", "tiger cat", "Egyptian cat")


def test_a_sample_is_found_by_its_reference(library: SetLibrary):
    sample = SetSample(scene_set(56), 20, 3)
    found = library.find(sample.reference)
    assert found.keys == sample.keys
    assert found.reference == sample.reference
    for wrong in ("sample:0~0~scenes:56~7", "sample:3~scenes:56~7", "sample:3~0~sample:3~0~x"):
        with pytest.raises(PictureForgotten, match="no sample of a set"):
            library.find(wrong)


def test_classes_of_photographs_are_classes_of_imagenet():
    labels = zoo.describe("untrained/mobilenetv2_100").labels
    for photo in PHOTOS.values():
        assert set(photo.classes) <= set(labels)
    assert known_classes("scene:wolf~7") == ("wolf",)
    assert known_classes("photo:chelsea")[0] == "tabby"
    assert known_classes("upload:1234") == known_classes("photo:brick") == ()
