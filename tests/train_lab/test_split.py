"""The split: no copy of a picture is on both sides, and every class is on both."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from core import scenes
from core.gallery_photos import PHOTOS
from core.pictures import photo
from core.train_lab.split import CannotSplit, copies, split, thumbnail


def groups_of(imgs: Sequence[Image.Image]) -> list[list[int]]:
    return copies(np.stack([thumbnail(img) for img in imgs]))


def as_jpeg(img: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    img.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def resized(img: Image.Image, share: float) -> Image.Image:
    return img.resize((round(img.width * share), round(img.height * share)))


CHANGES = {
    "same": lambda img: img,
    "half": lambda img: resized(img, 0.5),
    "twice": lambda img: resized(img, 2),
    "tenth": lambda img: resized(img, 0.1),
    "every third pixel": lambda img: img.resize(
        (img.width // 3, img.height // 3), Image.Resampling.NEAREST
    ),
    "jpeg": lambda img: as_jpeg(img, 40),
    "small jpeg": lambda img: as_jpeg(resized(img, 0.3), 60),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_copies_of_photographs_are_copies(change):
    imgs = [photo(name) for name in PHOTOS]
    found = groups_of([*imgs, *map(change, imgs)])
    assert found == [[index, index + len(imgs)] for index in range(len(imgs))]


def test_different_photographs_and_scenes_are_no_copies():
    imgs = [photo(name) for name in PHOTOS]
    imgs += [scenes.draw("dog", seed=seed, size=96).image for seed in range(20)]
    assert groups_of(imgs) == [[index] for index in range(len(imgs))]


def test_parts_of_a_texture_are_no_copies():
    for name in ("brick", "grass", "gravel"):
        texture = photo(name)
        boxes = [(x, y, x + 128, y + 128) for x in range(0, 384, 128) for y in range(0, 384, 128)]
        found = groups_of([texture.crop(box) for box in boxes])
        assert len(found) == len(boxes), name


def test_copies_of_copies_are_in_one_group():
    first = np.random.default_rng(0).integers(50, 150, 768).astype(np.uint8)
    thumbnails = np.stack([first, first + 4, first + 8, first + 60])
    assert copies(thumbnails) == [[0, 1, 2], [3]]


def test_more_pictures_than_are_compared_at_once(monkeypatch):
    monkeypatch.setattr("core.train_lab.split.ROWS", 3)
    thumbnails = np.random.default_rng(0).integers(0, 255, (8, 768)).astype(np.uint8)
    thumbnails[7] = thumbnails[2]
    assert [2, 7] in copies(thumbnails)
    assert len(copies(thumbnails)) == 7


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_on_both_sides_and_no_class_on_one(seed):
    random = np.random.default_rng(seed)
    labels = [0] * 12 + [1] * 30 + [2] * 9
    order = random.permutation(51).tolist()
    groups, rest = [], order
    while rest:
        size = int(random.integers(1, 5))
        groups.append(rest[:size])
        rest = rest[size:]
    found = split(labels, groups, ("a", "b", "c"))
    training, validation = (
        {index for rows in part for index in rows} for part in (found.training, found.validation)
    )
    assert training | validation == set(range(51))
    assert not training & validation
    assert all(set(group) <= training or set(group) <= validation for group in groups)
    for number in range(3):
        assert 1 <= len(found.validation[number]) <= 4
        assert all(labels[index] == number for index in found.training[number])


def test_a_class_of_copies_only_is_said_to_be_one():
    with pytest.raises(CannotSplit, match="'b' are copies"):
        split([0] * 5 + [1] * 5, [[i] for i in range(5)] + [[5, 6, 7, 8, 9]], ("a", "b"))


def test_two_pictures_of_a_class_are_enough():
    found = split([0, 0, 1, 1], [[0], [1], [2], [3]], ("a", "b"))
    assert [len(rows) for rows in (*found.training, *found.validation)] == [1, 1, 1, 1]
