"""Folders of pictures: listed, read, labelled; what leads out or is broken is told."""

import os
from pathlib import Path

import pytest
from PIL import Image

from core import dissect, folders, tasks, zoo
from core.folders import BrokenFile, Folders
from core.pictures import PictureForgotten
from core.settings import Settings
from core.workbench import Workbench

NAME = "untrained/test_resnet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three pictures in two sub-folders and beside them, and what is none."""
    root = tmp_path / "photos"
    for name, shade in (("cats/b.png", 200), ("cats/a.JPG", 90), ("top.png", 10)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (shade, 50, 90)).save(root / name)
    (root / "notes.txt").write_text("no picture")
    (root / ".hidden.png").write_bytes(b"")
    return root


def test_pictures_are_listed_by_path_and_labelled_by_sub_folder(root: Path):
    folder = folders.listed(root)
    assert folder.files == ("cats/a.JPG", "cats/b.png", "top.png")
    assert [folder.label(index) for index in range(len(folder))] == ["cats", "cats", ""]
    assert folder.image(1).getpixel((0, 0)) == (200, 50, 90)


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (root / "leak.png").symlink_to(tmp_path / "secret.png")
    assert "leak.png" not in folders.listed(root).files


def test_more_than_the_most_are_left_out_and_counted(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.folders.MOST", 2)
    folder = folders.listed(root)
    assert (len(folder), folder.left_out) == (2, 1)


def test_a_changed_file_makes_it_another_set(root: Path):
    here = Folders([root])
    before = here.get("photos").reference
    assert here.find(before).reference == before
    os.utime(root / "top.png", (1, 1))
    assert folders.listed(root).reference != before
    with pytest.raises(PictureForgotten, match="have changed"):
        Folders([root]).find(before)


def test_an_unknown_folder_is_refused_with_those_there_are(root: Path):
    with pytest.raises(PictureForgotten, match="photos"):
        Folders([root]).get("../etc")


def test_a_broken_file_is_named(root: Path):
    (root / "cats" / "c.png").write_bytes(b"not a png")
    with pytest.raises(BrokenFile, match=r"photos/cats/c\.png"):
        folders.listed(root).image(2)


def test_units_respond_to_a_folder_as_to_its_pictures(root: Path, settings: Settings):
    bench = Workbench(Settings(store=settings.store, pictures=(root,)))
    folder = bench.folders.get("photos")
    recipe = tasks.responses_recipe(bench.card(NAME), "layer2", [folder.reference])
    (result,) = bench.answer([recipe])
    bench.close()
    imgs = [folder.image(index) for index in range(len(folder))]
    own = dissect.responses(zoo.load(NAME), imgs, ["layer2"])["layer2"]
    assert result.arrays["peak"] == pytest.approx(own.peak, abs=1e-5)
