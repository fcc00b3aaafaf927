import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from core import images, pictures
from core.images import BadImage
from core.pictures import PHOTOS, Photo, PictureForgotten, Pictures

SIDE = 10
MEMORY = SIDE * SIDE * 3  # of one picture below


def picture(seed: int, width: int = SIDE, height: int = SIDE) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def holds(shelf: Pictures, name: str) -> bool:
    """Whether it is still there. Asking counts as a use."""
    try:
        shelf.get(name)
    except PictureForgotten:
        return False
    return True


def test_a_kept_picture_is_found_by_its_id():
    shelf = Pictures()
    name = shelf.keep(picture(0), "ada")
    assert name == images.picture_id(picture(0))
    assert shelf.get(name).tobytes() == picture(0).tobytes()


def test_pictures_fill_the_limit_to_the_byte():
    shelf = Pictures(limit=3 * MEMORY)
    names = [shelf.keep(picture(seed), "ada") for seed in range(3)]
    assert all(holds(shelf, name) for name in names)


def test_the_least_recently_used_picture_makes_room():
    shelf = Pictures(limit=3 * MEMORY)
    names = [shelf.keep(picture(seed), "ada") for seed in range(5)]
    assert [holds(shelf, name) for name in names] == [False, False, True, True, True]


def test_a_large_picture_makes_as_much_room_as_it_needs():
    shelf = Pictures(limit=4 * MEMORY)
    names = [shelf.keep(picture(seed), "ada") for seed in range(4)]
    large = shelf.keep(picture(9, SIDE * 3), "ada")
    assert [holds(shelf, name) for name in names] == [False, False, False, True]
    assert holds(shelf, large)


@pytest.mark.parametrize(
    "use",
    [
        lambda shelf, name: shelf.get(name),
        lambda shelf, name: shelf.find(f"upload:{name[:16]}"),
        lambda shelf, _: shelf.keep(picture(0), "ada"),
        lambda shelf, _: shelf.keep(picture(0), "bob"),
    ],
    ids=["get", "find", "keep", "keep of another"],
)
def test_use_keeps_a_picture_from_making_room(use):
    shelf = Pictures(limit=3 * MEMORY)
    names = [shelf.keep(picture(seed), "ada") for seed in range(3)]
    use(shelf, names[0])
    shelf.keep(picture(3), "ada")
    assert [holds(shelf, name) for name in names] == [True, False, True]


def test_a_picture_over_the_limit_is_kept_alone():
    shelf = Pictures(limit=2 * MEMORY)
    small = shelf.keep(picture(0), "ada")
    large = shelf.keep(picture(1, SIDE * 5), "ada")
    assert holds(shelf, large)
    assert not holds(shelf, small)


def test_the_same_picture_twice_takes_its_room_once():
    shelf = Pictures(limit=2 * MEMORY)
    first = shelf.keep(picture(0), "ada")
    for owner in ("ada", "bob", "eve"):
        assert shelf.keep(picture(1), owner) == images.picture_id(picture(1))
    assert holds(shelf, first)


def test_forgetting_lets_go_of_one_s_own_pictures_only():
    shelf = Pictures()
    own = [shelf.keep(picture(seed), "ada") for seed in range(2)]
    other = shelf.keep(picture(2), "bob")
    assert shelf.forget("ada") == 2
    assert not any(holds(shelf, name) for name in own)
    assert holds(shelf, other)


def test_a_picture_two_gave_stays_until_both_forget():
    shelf = Pictures()
    name = shelf.keep(picture(0), "ada")
    shelf.keep(picture(0), "bob")
    assert shelf.forget("ada") == 0
    assert holds(shelf, name)
    assert shelf.forget("bob") == 1
    assert not holds(shelf, name)


def test_forgetting_twice_or_as_a_stranger_lets_go_of_nothing():
    shelf = Pictures()
    name = shelf.keep(picture(0), "ada")
    assert shelf.forget("a stranger") == 0
    assert holds(shelf, name)
    assert [shelf.forget("ada"), shelf.forget("ada")] == [1, 0]


def test_a_forgotten_picture_s_room_is_free_again():
    shelf = Pictures(limit=2 * MEMORY)
    shelf.keep(picture(0), "ada")
    kept = shelf.keep(picture(1), "bob")
    shelf.forget("ada")
    shelf.keep(picture(2), "bob")
    assert holds(shelf, kept)


def test_a_forgotten_picture_can_be_given_again():
    shelf = Pictures()
    shelf.keep(picture(0), "ada")
    shelf.forget("ada")
    assert holds(shelf, shelf.keep(picture(0), "ada"))


def test_an_upload_is_found_by_its_reference():
    shelf = Pictures()
    reference = shelf.upload(images.png(picture(0)), "ada")
    found = shelf.find(reference)
    assert reference == f"upload:{images.picture_id(picture(0))[:16]}"
    assert found.reference == reference
    assert found.id == images.picture_id(picture(0))
    assert found.image.tobytes() == picture(0).tobytes()


def test_an_upload_belongs_to_who_gave_it():
    shelf = Pictures()
    reference = shelf.upload(images.png(picture(0)), "ada")
    shelf.forget("ada")
    with pytest.raises(PictureForgotten):
        shelf.find(reference)


def test_an_upload_that_is_no_picture_is_refused_and_not_kept():
    shelf = Pictures()
    with pytest.raises(BadImage):
        shelf.upload(b"no picture", "ada")
    assert shelf.forget("ada") == 0


@pytest.mark.parametrize("digits", [0, 1, 8, 15, 17, 40, 63])
def test_an_id_can_t_be_probed_by_its_beginning(digits):
    shelf = Pictures()
    name = shelf.keep(picture(0), "ada")
    with pytest.raises(PictureForgotten):
        shelf.find(f"upload:{name[:digits]}")


@pytest.mark.parametrize("reference", ["upload: ", "upload:*", "upload:" + "0" * 16, "upload:" * 3])
def test_an_unknown_upload_says_to_upload_it_again(reference):
    shelf = Pictures()
    shelf.keep(picture(0), "ada")
    with pytest.raises(PictureForgotten, match="Upload it again"):
        shelf.find(reference)


def test_a_picture_that_made_room_says_to_upload_it_again():
    shelf = Pictures(limit=MEMORY)
    reference = shelf.upload(images.png(picture(0)), "ada")
    shelf.keep(picture(1), "ada")
    with pytest.raises(PictureForgotten, match="Upload it again"):
        shelf.find(reference)


@pytest.mark.parametrize(
    "form", ["", ":", "{id}", "upload", "upload{id}", "UPLOAD:{id}", " upload:{id}", "file:{id}"]
)
def test_a_malformed_reference_finds_nothing(form):
    shelf = Pictures()
    reference = form.format(id=shelf.keep(picture(0), "ada")[:16])
    with pytest.raises(PictureForgotten):
        shelf.find(reference)


@pytest.mark.parametrize("name", ["", "nobody", "Chelsea", "../chelsea", "/etc/passwd"])
def test_an_unknown_photo_names_those_there_are(name):
    with pytest.raises(PictureForgotten) as refusal:
        Pictures().find(f"photo:{name}")
    assert all(known in str(refusal.value) for known in PHOTOS)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photo_of_the_gallery_opens_and_has_a_credit(name):
    found = Pictures().find(f"photo:{name}")
    assert found.image.mode == "RGB"
    assert min(found.image.size) >= 224
    assert found.id == images.picture_id(found.image)
    assert found.title
    assert "CC" in found.credit or "public domain" in found.credit


def test_the_photos_of_the_gallery_are_different_ones():
    shelf = Pictures()
    assert len({shelf.find(f"photo:{name}").id for name in PHOTOS}) == len(PHOTOS)


def test_a_photo_that_made_room_comes_back():
    shelf = Pictures(limit=MEMORY)
    first = shelf.find("photo:chelsea")
    shelf.find("photo:coffee")
    assert not holds(shelf, first.id)
    again = shelf.find("photo:chelsea")
    assert again.id == first.id
    assert holds(shelf, first.id)


def test_forgetting_one_s_own_leaves_the_gallery():
    shelf = Pictures()
    photo = shelf.find("photo:chelsea")
    shelf.keep(photo.image, "ada")
    assert shelf.forget("ada") == 0
    assert holds(shelf, photo.id)


def test_a_photo_of_a_missing_package_says_so(monkeypatch):
    absent = Photo("A dodo", "no_package_of_this_name", "dodo.png", "nobody, CC0")
    monkeypatch.setattr(pictures, "PHOTOS", {"dodo": absent})
    with pytest.raises(PictureForgotten, match="no_package_of_this_name, which is not installed"):
        Pictures().find("photo:dodo")


@pytest.fixture
def _hasty_threads():
    """Threads that take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
def test_threads_may_keep_get_and_forget_at_once():
    shelf = Pictures(limit=5 * MEMORY)
    shown = [picture(seed) for seed in range(8)]
    names = [images.picture_id(img) for img in shown]
    together = threading.Barrier(6)

    def visitor(number: int) -> int:
        """Does a bit of everything; tells how often it found a picture."""
        chance = np.random.default_rng(number)
        together.wait()
        found = 0
        for _ in range(250):
            which = int(chance.integers(len(shown)))
            try:
                match chance.integers(4):
                    case 0:
                        assert shelf.keep(shown[which], f"owner {number}") == names[which]
                    case 1:
                        assert shelf.get(names[which]).tobytes() == shown[which].tobytes()
                        found += 1
                    case 2:
                        assert shelf.find(f"upload:{names[which][:16]}").id == names[which]
                        found += 1
                    case 3:
                        shelf.forget(f"owner {chance.integers(6)}")
            except PictureForgotten:
                pass
        return found

    with ThreadPoolExecutor(6) as visitors:
        assert sum(visitors.map(visitor, range(6))) > 0
    assert sum(holds(shelf, name) for name in names) <= 5
