"""The library finds every kind of set by its reference, and limits visitors' archives."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from core import images
from core.pictures import PictureForgotten, Pictures
from core.scenes import BadScene
from core.sets import (
    Archive,
    BrokenFile,
    DrawnScenes,
    PictureSet,
    SetLibrary,
    open_archive,
    scene_set,
)
from core.sets.library import SESSION_ROOM
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.engine import BackgroundTask
from core.workbench.tasks.responses import responses_recipe

NAME = "untrained/test_resnet"
KINDS = ["scenes", "gallery", "pictures", "archive", "folder"]


def make_archive(*shades: int) -> Archive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for shade in shades:
            img = Image.new("RGB", (20, 10), (shade, 0, 0))
            archive.writestr(f"{'dark' if shade < 99 else 'light'}/{shade}.png", images.png(img))
    return open_archive(buffer, "mine.zip")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("cats/a.png", "dogs/b.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        Image.new("RGB", (20, 10)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def library(root: Path, tmp_path: Path) -> SetLibrary:
    return SetLibrary(Pictures(), [root], tmp_path / "fetched", max_download=10**9)


@pytest.fixture(params=KINDS)
def picture_set(request: pytest.FixtureRequest, library: SetLibrary) -> PictureSet:
    """Return a set of each kind."""
    if request.param == "scenes":
        return scene_set(5, 1, ["wolf", "owl"])
    if request.param == "gallery":
        return library.gallery
    if request.param == "pictures":
        return library.single_pictures(["scene:wolf~7", "photo:coffee"])
    if request.param == "archive":
        return library.find(library.keep(make_archive(1, 200), "ada"))
    return library.folders.get("photos")


def test_every_kind_of_set_implements_the_protocol(picture_set: PictureSet):
    count = len(picture_set)
    assert isinstance(picture_set, PictureSet)
    assert count > 0
    assert len(picture_set.keys) == count == len(set(picture_set.keys))
    assert {picture_set.label(index) for index in range(count)} - {""} == set(picture_set.classes)
    assert list(picture_set.classes) == sorted(picture_set.classes)
    assert picture_set.name
    for index in (0, count - 1):
        assert picture_set.image(index, 32).mode == "RGB"
        assert all(isinstance(value, str) for value in picture_set.facts(index).values())


def test_every_kind_of_set_is_found_by_its_reference(library: SetLibrary, picture_set: PictureSet):
    again = library.find(picture_set.reference)
    assert (again.reference, again.keys) == (picture_set.reference, picture_set.keys)
    assert ":" in picture_set.reference


def test_a_picture_has_the_same_key_in_uploads_and_archives(library: SetLibrary):
    img = Image.new("RGB", (20, 10), (7, 0, 0))
    upload = library._pictures.upload(images.png(img), "ada")
    assert library.single_pictures([upload]).keys == make_archive(7).keys


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
def test_the_error_for_an_unknown_set_says_why(
    library: SetLibrary, reference: str, error: type, words: str
):
    with pytest.raises(error, match=words):
        library.find(reference)


# Visitors' archives


def has(library: SetLibrary, reference: str) -> bool:
    """Return whether a set is still kept; this counts as a use."""
    try:
        library.find(reference)
    except PictureForgotten:
        return False
    return True


def test_the_least_recently_used_archive_is_evicted_over_the_number(root: Path):
    library = SetLibrary(Pictures(), [], root, max_download=1, max_archives=2)
    first, second = (library.keep(make_archive(shade), "ada") for shade in (1, 2))
    assert has(library, first)
    third = library.keep(make_archive(3), "ada")
    references = (first, second, third)
    assert [has(library, reference) for reference in references] == [True, False, True]


def test_the_least_recently_used_archive_is_evicted_over_the_bytes(root: Path):
    archives = [make_archive(1), make_archive(2), make_archive(3)]
    room = archives[0].disk_bytes + archives[2].disk_bytes
    library = SetLibrary(Pictures(), [], root, max_download=1, max_archive_bytes=room)
    references = [library.keep(archive, "ada") for archive in archives]
    assert [has(library, reference) for reference in references] == [False, True, True]
    tiny = SetLibrary(Pictures(), [], root, max_download=1, max_archive_bytes=1)
    references = [tiny.keep(make_archive(shade), "ada") for shade in (1, 2)]
    assert [has(tiny, reference) for reference in references] == [False, True]


def test_fifty_archives_of_one_visitor_evict_none_of_another_s(library: SetLibrary):
    mine = library.keep(make_archive(250), "ada")
    for shade in range(50):
        latest = library.keep(make_archive(shade), "bob")
    assert library.holds(mine)
    assert library.holds(latest)
    assert len(library._archives.names()) == 1 + SESSION_ROOM.items


def test_archives_of_many_visitors_evict_those_of_who_has_most(root: Path):
    library = SetLibrary(Pictures(), [], root, max_download=1, max_archives=4)
    mine = library.keep(make_archive(250), "ada")
    many = [library.keep(make_archive(shade), "bob") for shade in range(3)]
    another = library.keep(make_archive(251), "eve")
    assert [library.holds(reference) for reference in (mine, another)] == [True, True]
    assert [library.holds(reference) for reference in many] == [False, True, True]


def test_an_evicted_archive_can_still_be_read_by_its_users(root: Path):
    library = SetLibrary(Pictures(), [], root, max_download=1, max_archives=1)
    evicted = make_archive(1)
    library.keep(evicted, "ada")
    library.keep(make_archive(2), "ada")
    assert evicted.image(0).size == (20, 10)


def test_forgetting_closes_the_archives_that_only_the_owner_keeps(library: SetLibrary):
    adas, shared, bobs = make_archive(1), make_archive(2), make_archive(3)
    library.keep(adas, "ada")
    library.keep(shared, "ada")
    library.keep(make_archive(2), "bob")
    library.keep(bobs, "bob")
    assert library.forget("ada") == 1
    kept = [has(library, archive.reference) for archive in (adas, shared, bobs)]
    assert kept == [False, True, True]
    with pytest.raises(BrokenFile):
        adas.image(0)
    assert shared.image(0).size == (20, 10)


@pytest.mark.parametrize("first", ["ada", "bob"])
def test_an_archive_of_two_owners_stays_until_both_forget_it(library: SetLibrary, first: str):
    for owner in ("ada", "bob"):
        reference = library.keep(make_archive(1), owner)
    library.forget(first)
    assert has(library, reference)
    assert library.forget("bob" if first == "ada" else "ada") == 1
    assert not has(library, reference)


def test_everybody_with_the_link_may_forget_an_archive(library: SetLibrary):
    linked, unlinked = (library.keep(make_archive(shade), "ada") for shade in (1, 2))
    assert library.forget("a stranger", linked) == 1
    assert [has(library, reference) for reference in (linked, unlinked)] == [False, True]


# With the workbench


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    bench = Workbench(settings)
    yield bench
    bench.close()


def test_scenes_are_drawn_at_the_input_size_of_the_network(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    sizes: list[tuple[int, int]] = []
    image = DrawnScenes.image

    def recording_image(self, index: int, size: int = 320):
        sizes.append((index, size))
        return image(self, index, size)

    monkeypatch.setattr(DrawnScenes, "image", recording_image)
    picture_set = scene_set(3, 5)
    card = bench.card(NAME)
    (result,) = bench.answer([responses_recipe(card, "layer1", [picture_set.reference])])
    assert result.peak.shape[0] == 3
    assert sizes == [(index, max(card.input_size[1:])) for index in range(3)]


def test_stored_results_of_an_archive_outlive_the_archive(bench: Workbench, settings: Settings):
    reference = bench.sets.keep(make_archive(1, 200), "ada")
    recipe = responses_recipe(bench.card(NAME), "layer1", [reference])
    (result,) = bench.answer([recipe])
    assert result.peak.shape[0] == 2
    later = Workbench(settings)
    assert later.ask([recipe], "a page")[0].stored
    other = responses_recipe(bench.card(NAME), "layer2", [reference])
    assert isinstance(later.ask([other], "a page")[0].error, PictureForgotten)
    later.close()


def test_an_impossible_set_answers_with_its_error(bench: Workbench):
    recipe = responses_recipe(bench.card(NAME), "layer1", ["scenes:5~1~classes=unicorn"])
    assert isinstance(bench.ask([recipe], "a page")[0].error, BadScene)


def test_the_engine_checks_an_uploaded_archive(bench: Workbench):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", images.png(Image.new("RGB", (9, 9))))
    steps = partial(bench.sets.add_archive_steps, buffer, "a.zip", "ada")
    bench.background_jobs.ask(BackgroundTask("archive", steps, lane="compute"), "a page")
    for job in bench._registry.under_way(["archive"]):
        assert job.wait(60)
    answer = bench.background_jobs.state("archive", "a page")
    assert answer is not None
    assert len(bench.sets.find(answer.result)) == 1
