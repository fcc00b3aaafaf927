"""Folders of pictures: listed, read, labelled; what leads out or is broken is told."""

import os
from pathlib import Path

import pytest
from PIL import Image

from core import dissect, tasks, zoo
from core.pictures import PictureForgotten
from core.sets import BadLabels, BrokenFile
from core.sets import folder as folders
from core.sets.folder import Folders
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
    monkeypatch.setattr("core.sets.folder.MOST", 2)
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


def test_keys_stay_with_their_files(root: Path):
    before = folders.listed(root)
    os.utime(root / "top.png", (1, 1))
    Image.new("RGB", (9, 9)).save(root / "cats" / "aa.png")
    after = folders.listed(root)
    known = dict(zip(before.files, before.keys, strict=True))
    changed = {name for name, key in zip(after.files, after.keys, strict=True)
               if known.get(name) != key}  # fmt: skip
    assert changed == {"top.png", "cats/aa.png"}
    assert len(set(after.keys)) == 4


def test_a_table_of_labels_goes_before_sub_folders(root: Path):
    plain = folders.listed(root)
    (root / "labels.csv").write_text("file,label\ntop.png,tower\ncats/b.png,tabby\n")
    folder = folders.listed(root)
    assert [folder.label(index) for index in range(3)] == ["", "tabby", "tower"]
    assert folder.classes == ("tabby", "tower")
    assert plain.classes == ("cats",)
    assert folder.keys == plain.keys
    assert folder.reference != plain.reference


def test_another_table_makes_it_another_set(root: Path):
    (root / "labels.csv").write_text("file,label\ntop.png,tower\n")
    before = folders.listed(root).reference
    (root / "labels.csv").write_text("file,label\ntop.png,towers\n")
    assert folders.listed(root).reference != before


def test_a_table_that_names_no_file_is_refused_by_line(root: Path):
    (root / "labels.csv").write_text("file,label\ntop.png,tower\nmissing.png,x\n")
    with pytest.raises(BadLabels, match=r"photos/labels\.csv, line 3.*missing\.png"):
        Folders([root]).get("photos")


def test_a_folder_added_later_is_found_and_takes_no_others_place(root: Path, tmp_path: Path):
    here = Folders([root])
    (tmp_path / "other" / "photos").mkdir(parents=True)
    here.add(tmp_path / "other" / "photos")
    here.add(tmp_path / "other")
    assert here.names == ["photos", "other"]
    assert len(here.get("photos")) == 3


def test_an_unknown_folder_is_refused_with_those_there_are(root: Path):
    with pytest.raises(PictureForgotten, match="photos"):
        Folders([root]).get("../etc")


def test_a_broken_file_is_named(root: Path):
    (root / "cats" / "c.png").write_bytes(b"not a png")
    with pytest.raises(BrokenFile, match=r"photos/cats/c\.png"):
        folders.listed(root).image(2)


def test_an_empty_folder_is_an_empty_set(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    folder = folders.listed(tmp_path / "empty")
    assert (len(folder), folder.keys, folder.classes) == (0, (), ())


def test_units_respond_to_a_folder_as_to_its_pictures(root: Path, settings: Settings):
    bench = Workbench(Settings(store=settings.store, pictures=(root,)))
    folder = bench.sets.folders.get("photos")
    recipe = tasks.responses_recipe(bench.card(NAME), "layer2", [folder.reference])
    (result,) = bench.answer([recipe])
    bench.close()
    imgs = [folder.image(index) for index in range(len(folder))]
    own = dissect.responses(zoo.load(NAME), imgs, ["layer2"])["layer2"]
    assert result.arrays["peak"] == pytest.approx(own.peak, abs=1e-5)
