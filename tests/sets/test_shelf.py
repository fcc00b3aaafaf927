"""The shelf: every kind of set is found by its reference, and visitors' sets are bounded."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from core import images, tasks
from core.pictures import PictureForgotten, Pictures
from core.scenes import BadScene
from core.sets import Archive, BrokenFile, PictureSet, Shelf, drawn, take_in
from core.settings import Settings
from core.workbench import Workbench

NAME = "untrained/test_resnet"
KINDS = ["scenes", "gallery", "pictures", "archive", "folder"]


def archive(*shades: int) -> Archive:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for shade in shades:
            img = Image.new("RGB", (20, 10), (shade, 0, 0))
            packed.writestr(f"{'dark' if shade < 99 else 'light'}/{shade}.png", images.png(img))
    return take_in(held, "mine.zip")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("cats/a.png", "dogs/b.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        Image.new("RGB", (20, 10)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def shelf(root: Path, tmp_path: Path) -> Shelf:
    return Shelf(Pictures(), [root], tmp_path / "fetched", largest=10**9)


@pytest.fixture(params=KINDS)
def chosen(request: pytest.FixtureRequest, shelf: Shelf) -> PictureSet:
    """A set of each kind."""
    if request.param == "scenes":
        return drawn(5, 1, ["wolf", "owl"])
    if request.param == "gallery":
        return shelf.gallery
    if request.param == "pictures":
        return shelf.gathered(["scene:wolf~7", "photo:coffee"])
    if request.param == "archive":
        return shelf.find(shelf.keep(archive(1, 200), "ada"))
    return shelf.folders.get("photos")


def test_every_kind_keeps_what_sets_promise(chosen: PictureSet):
    count = len(chosen)
    assert isinstance(chosen, PictureSet)
    assert count > 0
    assert len(chosen.keys) == count == len(set(chosen.keys))
    assert {chosen.label(index) for index in range(count)} - {""} == set(chosen.classes)
    assert list(chosen.classes) == sorted(chosen.classes)
    assert chosen.name
    for index in (0, count - 1):
        assert chosen.image(index, 32).mode == "RGB"
        assert all(isinstance(value, str) for value in chosen.facts(index).values())


def test_every_kind_is_found_by_its_reference(shelf: Shelf, chosen: PictureSet):
    found = shelf.find(chosen.reference)
    assert (found.reference, found.keys) == (chosen.reference, chosen.keys)
    assert ":" in chosen.reference


def test_a_picture_has_one_key_in_every_set_that_reads_pixels(shelf: Shelf):
    img = Image.new("RGB", (20, 10), (7, 0, 0))
    upload = shelf._pictures.upload(images.png(img), "ada")
    assert shelf.gathered([upload]).keys == archive(7).keys


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("archive:0123456789abcdef", PictureForgotten, "Upload them again"),
        ("gallery:0123456789abcdef", PictureForgotten, "gallery has changed"),
        ("folder:photos:0123456789abcdef", PictureForgotten, "have changed"),
        ("folder:nowhere:0123456789abcdef", PictureForgotten, "no folder 'nowhere'; it has photos"),
        ("pictures:upload:0123456789abcdef", PictureForgotten, "no longer holds"),
        ("scenes:5~1~classes=unicorn", BadScene, "unicorn"),
        ("films:all", PictureForgotten, "no picture set 'films:all'"),
    ],
)
def test_what_is_not_here_is_told(shelf: Shelf, reference: str, error: type, words: str):
    with pytest.raises(error, match=words):
        shelf.find(reference)


# Visitors' archives


def holds(shelf: Shelf, reference: str) -> bool:
    """Whether it is still there. Asking counts as a use."""
    try:
        shelf.find(reference)
    except PictureForgotten:
        return False
    return True


def test_the_least_recently_used_makes_room_by_count(root: Path):
    shelf = Shelf(Pictures(), [], root, largest=1, most=2)
    first, second = (shelf.keep(archive(shade), "ada") for shade in (1, 2))
    assert holds(shelf, first)
    third = shelf.keep(archive(3), "ada")
    assert [holds(shelf, one) for one in (first, second, third)] == [True, False, True]


def test_the_least_recently_used_makes_room_by_bytes(root: Path):
    sets = [archive(1), archive(2), archive(3)]
    room = sets[0].memory + sets[2].memory
    shelf = Shelf(Pictures(), [], root, largest=1, limit=room)
    kept = [shelf.keep(one, "ada") for one in sets]
    assert [holds(shelf, one) for one in kept] == [False, True, True]
    tight = Shelf(Pictures(), [], root, largest=1, limit=1)
    kept = [tight.keep(archive(shade), "ada") for shade in (1, 2)]
    assert [holds(tight, one) for one in kept] == [False, True]


def test_forgetting_takes_ones_own_and_leaves_what_another_gave_too(shelf: Shelf):
    mine, both, other = archive(1), archive(2), archive(3)
    for given, owner in ((mine, "ada"), (both, "ada"), (archive(2), "bob"), (other, "bob")):
        shelf.keep(given, owner)
    assert shelf.forget("ada") == 1
    assert [holds(shelf, one.reference) for one in (mine, both, other)] == [False, True, True]
    with pytest.raises(BrokenFile):
        mine.image(0)
    assert both.image(0).size == (20, 10)


@pytest.mark.parametrize("first", ["ada", "bob"])
def test_what_two_gave_stays_until_both_forget_it(shelf: Shelf, first: str):
    for owner in ("ada", "bob"):
        reference = shelf.keep(archive(1), owner)
    shelf.forget(first)
    assert holds(shelf, reference)
    assert shelf.forget("bob" if first == "ada" else "ada") == 1
    assert not holds(shelf, reference)


def test_who_has_the_link_may_forget_it(shelf: Shelf):
    one, other = (shelf.keep(archive(shade), "ada") for shade in (1, 2))
    assert shelf.forget("a stranger", one) == 1
    assert [holds(shelf, reference) for reference in (one, other)] == [False, True]


# With the Workbench


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    bench = Workbench(settings)
    yield bench
    bench.close()


def test_units_respond_to_scenes_drawn_at_the_models_own_size(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    sizes: list[tuple[int, int]] = []
    real = type(drawn(1)).image

    def noting(self, index: int, size: int = 320):
        sizes.append((index, size))
        return real(self, index, size)

    monkeypatch.setattr(type(drawn(1)), "image", noting)
    chosen = drawn(3, 5)
    card = bench.card(NAME)
    (result,) = bench.answer([tasks.responses_recipe(card, "layer1", [chosen.reference])])
    assert result.arrays["peak"].shape[0] == 3
    assert sizes == [(index, max(card.input_size[1:])) for index in range(3)]


def test_an_archive_is_answered_from_the_store_also_when_it_is_gone(
    bench: Workbench, settings: Settings
):
    reference = bench.sets.keep(archive(1, 200), "ada")
    recipe = tasks.responses_recipe(bench.card(NAME), "layer1", [reference])
    (result,) = bench.answer([recipe])
    assert result.arrays["peak"].shape[0] == 2
    later = Workbench(settings)
    assert later.ask([recipe], "a page")[0].stored
    other = tasks.responses_recipe(bench.card(NAME), "layer2", [reference])
    assert isinstance(later.ask([other], "a page")[0].error, PictureForgotten)
    later.close()


def test_a_set_that_can_not_be_is_an_answer_and_no_crash(bench: Workbench):
    recipe = tasks.responses_recipe(bench.card(NAME), "layer1", ["scenes:5~1~classes=unicorn"])
    assert isinstance(bench.ask([recipe], "a page")[0].error, BadScene)


def test_what_a_visitor_gives_is_looked_through_by_the_engine(bench: Workbench):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("a.png", images.png(Image.new("RGB", (9, 9))))
    shelf = bench.sets
    steps = partial(shelf.take_in_steps, held, "a.zip", "ada")
    bench.errands.ask("archive", steps, "a page", "compute")
    for job in bench._ledger.under_way(["archive"]):
        assert job.wait(20)
    answer = bench.errands.under_way("archive", "a page")
    assert answer is not None
    assert len(shelf.find(answer.result)) == 1
