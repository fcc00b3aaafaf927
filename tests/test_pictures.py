"""The gallery and the uploads: references, room in memory, and forgetting."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from core import images, scenes
from core import pictures as pictures_module
from core.gallery_photos import PHOTOS, Photo
from core.images import BadImage
from core.owned_cache import Room
from core.pictures import PictureForgotten, Pictures

SIDE = 10
MEMORY = SIDE * SIDE * 3  # bytes of a picture of this size


def picture(seed: int, width: int = SIDE, height: int = SIDE) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def has(pictures: Pictures, picture_id: str) -> bool:
    """Return whether a picture is still kept; this counts as a use."""
    try:
        pictures.get(picture_id)
    except PictureForgotten:
        return False
    return True


def test_a_kept_picture_is_found_by_its_id():
    pictures = Pictures()
    name = pictures.keep(picture(0), "ada")
    assert name == images.picture_id(picture(0))
    assert pictures.get(name).tobytes() == picture(0).tobytes()


def test_pictures_may_fill_the_limit_exactly():
    pictures = Pictures(limit=3 * MEMORY)
    names = [pictures.keep(picture(seed), "ada") for seed in range(3)]
    assert all(has(pictures, name) for name in names)


def test_the_least_recently_used_picture_is_evicted():
    pictures = Pictures(limit=3 * MEMORY)
    names = [pictures.keep(picture(seed), "ada") for seed in range(5)]
    assert [has(pictures, name) for name in names] == [False, False, True, True, True]


def test_a_large_picture_evicts_as_many_pictures_as_it_needs_room():
    pictures = Pictures(limit=4 * MEMORY)
    names = [pictures.keep(picture(seed), "ada") for seed in range(4)]
    large = pictures.keep(picture(9, SIDE * 3), "ada")
    assert [has(pictures, name) for name in names] == [False, False, False, True]
    assert has(pictures, large)


@pytest.mark.parametrize(
    "use",
    [
        lambda pictures, name: pictures.get(name),
        lambda pictures, name: pictures.find(f"upload:{name[:16]}"),
        lambda pictures, _: pictures.keep(picture(0), "ada"),
        lambda pictures, _: pictures.keep(picture(0), "bob"),
    ],
    ids=["get", "find", "keep", "keep of another"],
)
def test_a_picture_that_is_used_is_not_evicted_first(use):
    pictures = Pictures(limit=3 * MEMORY)
    names = [pictures.keep(picture(seed), "ada") for seed in range(3)]
    use(pictures, names[0])
    pictures.keep(picture(3), "ada")
    assert [has(pictures, name) for name in names] == [True, False, True]


def test_a_picture_over_the_limit_is_kept_alone():
    pictures = Pictures(limit=2 * MEMORY)
    small = pictures.keep(picture(0), "ada")
    large = pictures.keep(picture(1, SIDE * 5), "ada")
    assert has(pictures, large)
    assert not has(pictures, small)


def test_a_picture_that_is_kept_twice_takes_its_room_once():
    pictures = Pictures(limit=2 * MEMORY)
    first = pictures.keep(picture(0), "ada")
    for owner in ("ada", "bob", "eve"):
        assert pictures.keep(picture(1), owner) == images.picture_id(picture(1))
    assert has(pictures, first)


def test_forgetting_removes_the_owner_s_pictures_only():
    pictures = Pictures()
    adas = [pictures.keep(picture(seed), "ada") for seed in range(2)]
    bobs = pictures.keep(picture(2), "bob")
    assert pictures.forget("ada") == 2
    assert not any(has(pictures, name) for name in adas)
    assert has(pictures, bobs)


def test_a_picture_of_two_owners_stays_until_both_forget_it():
    pictures = Pictures()
    name = pictures.keep(picture(0), "ada")
    pictures.keep(picture(0), "bob")
    assert pictures.forget("ada") == 0
    assert has(pictures, name)
    assert pictures.forget("bob") == 1
    assert not has(pictures, name)


def test_forgetting_twice_or_as_a_stranger_removes_nothing():
    pictures = Pictures()
    name = pictures.keep(picture(0), "ada")
    assert pictures.forget("a stranger") == 0
    assert has(pictures, name)
    assert [pictures.forget("ada"), pictures.forget("ada")] == [1, 0]


def test_the_room_of_a_forgotten_picture_is_free_again():
    pictures = Pictures(limit=2 * MEMORY)
    pictures.keep(picture(0), "ada")
    kept = pictures.keep(picture(1), "bob")
    pictures.forget("ada")
    pictures.keep(picture(2), "bob")
    assert has(pictures, kept)


def test_a_forgotten_picture_can_be_kept_again():
    pictures = Pictures()
    pictures.keep(picture(0), "ada")
    pictures.forget("ada")
    assert has(pictures, pictures.keep(picture(0), "ada"))


def test_an_upload_is_found_by_its_reference():
    pictures = Pictures()
    reference = pictures.upload(images.png(picture(0)), "ada")
    upload = pictures.find(reference)
    assert reference == f"upload:{images.picture_id(picture(0))[:16]}"
    assert upload.reference == reference
    assert upload.id == images.picture_id(picture(0))
    assert upload.image.tobytes() == picture(0).tobytes()


def test_an_upload_is_forgotten_with_its_owner():
    pictures = Pictures()
    reference = pictures.upload(images.png(picture(0)), "ada")
    pictures.forget("ada")
    with pytest.raises(PictureForgotten):
        pictures.find(reference)


def test_an_upload_that_is_not_a_picture_is_rejected_and_not_kept():
    pictures = Pictures()
    with pytest.raises(BadImage):
        pictures.upload(b"no picture", "ada")
    assert pictures.forget("ada") == 0


@pytest.mark.parametrize("digits", [0, 1, 8, 15, 17, 40, 63])
def test_an_upload_is_not_found_by_a_prefix_of_another_length(digits):
    pictures = Pictures()
    name = pictures.keep(picture(0), "ada")
    with pytest.raises(PictureForgotten):
        pictures.find(f"upload:{name[:digits]}")


@pytest.mark.parametrize("reference", ["upload: ", "upload:*", "upload:" + "0" * 16, "upload:" * 3])
def test_the_error_for_an_unknown_upload_asks_to_upload_it_again(reference):
    pictures = Pictures()
    pictures.keep(picture(0), "ada")
    with pytest.raises(PictureForgotten, match="Upload it again"):
        pictures.find(reference)


def test_the_error_for_an_evicted_upload_asks_to_upload_it_again():
    pictures = Pictures(limit=MEMORY)
    reference = pictures.upload(images.png(picture(0)), "ada")
    pictures.keep(picture(1), "ada")
    with pytest.raises(PictureForgotten, match="Upload it again"):
        pictures.find(reference)


@pytest.mark.parametrize(
    "form", ["", ":", "{id}", "upload", "upload{id}", "UPLOAD:{id}", " upload:{id}", "file:{id}"]
)
def test_a_malformed_reference_finds_nothing(form):
    pictures = Pictures()
    reference = form.format(id=pictures.keep(picture(0), "ada")[:16])
    with pytest.raises(PictureForgotten):
        pictures.find(reference)


@pytest.mark.parametrize("name", ["", "nobody", "Chelsea", "../chelsea", "/etc/passwd"])
def test_the_error_for_an_unknown_photo_lists_all_photos(name):
    with pytest.raises(PictureForgotten) as error:
        Pictures().find(f"photo:{name}")
    assert all(known in str(error.value) for known in PHOTOS)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photo_of_the_gallery_opens_and_has_a_credit(name):
    photo = Pictures().find(f"photo:{name}")
    assert photo.image.mode == "RGB"
    assert min(photo.image.size) >= 224
    assert photo.id == images.picture_id(photo.image)
    assert photo.title
    assert "CC" in photo.credit or "public domain" in photo.credit


def test_the_photos_of_the_gallery_differ():
    pictures = Pictures()
    assert len({pictures.find(f"photo:{name}").id for name in PHOTOS}) == len(PHOTOS)


def test_photos_and_scenes_that_made_room_are_made_again():
    pictures = Pictures(gallery_limit=1)
    found = [pictures.find(reference) for reference in ("photo:chelsea", "scene:wolf~7")]
    for each in found:
        assert images.picture_id(pictures.get(each.id)) == each.id
    assert len(pictures._gallery._pictures.names()) == 1


def test_forgetting_does_not_remove_the_gallery():
    pictures = Pictures()
    photo = pictures.find("photo:chelsea")
    pictures.keep(photo.image, "ada")
    assert pictures.forget("ada") == 1  # the upload of the same picture
    assert has(pictures, photo.id)


def test_drawn_scenes_and_photos_never_evict_an_upload(monkeypatch):
    monkeypatch.setattr(pictures_module, "scene", small_scene)
    pictures = Pictures(limit=10 * MEMORY)
    mine = pictures.upload(images.png(picture(0)), "ada")
    for seed in range(2000):
        pictures.find(f"scene:wolf~{seed}")
    for name in PHOTOS:
        pictures.find(f"photo:{name}")
    assert pictures.holds(mine)
    assert pictures.find(mine).image.tobytes() == picture(0).tobytes()


def test_every_one_of_many_scenes_can_still_be_computed_on(monkeypatch):
    monkeypatch.setattr(pictures_module, "scene", small_scene)
    pictures = Pictures(gallery_limit=10 * MEMORY)
    ids = [pictures.find(f"scene:wolf~{seed}").id for seed in range(300)]
    assert all(has(pictures, picture_id) for picture_id in ids)


def small_scene(text: str) -> scenes.Scene:
    """Return a small picture in the place of a scene, since thousands take minutes to draw."""
    return replace(a_scene(), image=picture(int(text.split("~")[1])))


@cache
def a_scene() -> scenes.Scene:
    return scenes.from_reference("wolf~1", 16)


def test_a_visitor_s_uploads_evict_their_own_oldest_ones_only():
    pictures = Pictures(session_room=Room(3 * MEMORY))
    adas = [pictures.keep(picture(seed), "ada") for seed in range(3)]
    bobs = [pictures.keep(picture(seed), "bob") for seed in range(3, 53)]
    assert all(has(pictures, name) for name in adas)
    assert [has(pictures, name) for name in bobs] == [False] * 47 + [True] * 3


def test_a_visitor_s_uploads_never_evict_those_of_one_who_has_fewer():
    pictures = Pictures(limit=6 * MEMORY)
    mine = pictures.keep(picture(0), "ada")
    for seed in range(1, 51):
        pictures.keep(picture(seed), "bob")
    assert has(pictures, mine)


def test_the_number_of_a_visitor_s_pictures_is_limited():
    pictures = Pictures(session_room=Room(10**9, items=5))
    names = [pictures.keep(picture(seed, 1, 1), "ada") for seed in range(6)]
    assert [has(pictures, name) for name in names] == [False] + [True] * 5


def test_the_error_for_a_photo_of_a_missing_package_names_the_package(monkeypatch):
    absent = Photo("A dodo", "no_package_of_this_name", "dodo.png", "nobody, CC0")
    monkeypatch.setattr(pictures_module, "PHOTOS", {"dodo": absent})
    with pytest.raises(PictureForgotten, match="no_package_of_this_name, which is not installed"):
        Pictures().find("photo:dodo")


@pytest.fixture
def _frequent_thread_switches():
    """Let threads take turns as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_frequent_thread_switches")
def test_threads_may_keep_get_and_forget_concurrently():
    pictures = Pictures(limit=5 * MEMORY)
    imgs = [picture(seed) for seed in range(8)]
    names = [images.picture_id(img) for img in imgs]
    start = threading.Barrier(6)

    def visit(number: int) -> int:
        """Make random calls, and return how often a picture was found."""
        generator = np.random.default_rng(number)
        start.wait()
        found = 0
        for _ in range(250):
            index = int(generator.integers(len(imgs)))
            try:
                match generator.integers(4):
                    case 0:
                        assert pictures.keep(imgs[index], f"owner {number}") == names[index]
                    case 1:
                        assert pictures.get(names[index]).tobytes() == imgs[index].tobytes()
                        found += 1
                    case 2:
                        assert pictures.find(f"upload:{names[index][:16]}").id == names[index]
                        found += 1
                    case 3:
                        pictures.forget(f"owner {generator.integers(6)}")
            except PictureForgotten:
                pass
        return found

    with ThreadPoolExecutor(6) as visitors:
        assert sum(visitors.map(visit, range(6))) > 0
    assert sum(has(pictures, name) for name in names) <= 5
