"""Folders of pictures: listing, labels, references, unsafe links and broken files."""

import os
from pathlib import Path

import pytest
from PIL import Image

from core import dissect, zoo
from core.pictures import PictureForgotten
from core.sets import BadLabels, BrokenFile
from core.sets.folder import Folders, list_folder
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.tasks.responses import responses_recipe

NAME = "untrained/test_resnet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of three pictures, two of them in a sub-folder, and two other files."""
    root = tmp_path / "photos"
    for name, shade in (("cats/b.png", 200), ("cats/a.JPG", 90), ("top.png", 10)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (shade, 50, 90)).save(root / name)
    (root / "notes.txt").write_text("not a picture")
    (root / ".hidden.png").write_bytes(b"")
    return root


def test_pictures_are_listed_by_path_and_labelled_by_sub_folder(root: Path):
    folder = list_folder(root)
    assert folder.files == ("cats/a.JPG", "cats/b.png", "top.png")
    assert [folder.label(index) for index in range(len(folder))] == ["cats", "cats", ""]
    assert folder.image(1).getpixel((0, 0)) == (200, 50, 90)


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (root / "leak.png").symlink_to(tmp_path / "secret.png")
    assert "leak.png" not in list_folder(root).files


def test_pictures_beyond_the_limit_are_omitted_and_counted(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.sets.folder.MAX_PICTURES", 2)
    folder = list_folder(root)
    assert (len(folder), folder.omitted_count) == (2, 1)


def test_a_changed_file_changes_the_reference(root: Path):
    folders = Folders([root])
    before = folders.get("photos").reference
    assert folders.find(before).reference == before
    os.utime(root / "top.png", (1, 1))
    assert list_folder(root).reference != before
    with pytest.raises(PictureForgotten, match="have changed"):
        Folders([root]).find(before)


def test_only_new_and_changed_files_have_new_keys(root: Path):
    before = list_folder(root)
    os.utime(root / "top.png", (1, 1))
    Image.new("RGB", (9, 9)).save(root / "cats" / "aa.png")
    after = list_folder(root)
    known = dict(zip(before.files, before.keys, strict=True))
    changed = {name for name, key in zip(after.files, after.keys, strict=True)
               if known.get(name) != key}  # fmt: skip
    assert changed == {"top.png", "cats/aa.png"}
    assert len(set(after.keys)) == 4


def test_a_table_of_labels_takes_precedence_over_sub_folders(root: Path):
    without_table = list_folder(root)
    (root / "labels.csv").write_text("file,label\ntop.png,tower\ncats/b.png,tabby\n")
    folder = list_folder(root)
    assert [folder.label(index) for index in range(3)] == ["", "tabby", "tower"]
    assert folder.classes == ("tabby", "tower")
    assert without_table.classes == ("cats",)
    assert folder.keys == without_table.keys
    assert folder.reference != without_table.reference


def test_a_changed_table_changes_the_reference(root: Path):
    (root / "labels.csv").write_text("file,label\ntop.png,tower\n")
    before = list_folder(root).reference
    (root / "labels.csv").write_text("file,label\ntop.png,towers\n")
    assert list_folder(root).reference != before


def test_the_error_for_a_bad_table_names_the_line(root: Path):
    (root / "labels.csv").write_text("file,label\ntop.png,tower\nmissing.png,x\n")
    with pytest.raises(BadLabels, match=r"photos/labels\.csv, line 3.*missing\.png"):
        Folders([root]).get("photos")


def test_an_added_folder_does_not_replace_one_of_the_same_name(root: Path, tmp_path: Path):
    folders = Folders([root])
    (tmp_path / "other" / "photos").mkdir(parents=True)
    folders.add(tmp_path / "other" / "photos")
    folders.add(tmp_path / "other")
    assert folders.names == ["photos", "other"]
    assert len(folders.get("photos")) == 3


def test_the_error_for_an_unknown_folder_lists_all_folders(root: Path):
    with pytest.raises(PictureForgotten, match="photos"):
        Folders([root]).get("../etc")


def test_the_error_for_a_broken_file_names_the_file(root: Path):
    (root / "cats" / "c.png").write_bytes(b"not a png")
    with pytest.raises(BrokenFile, match=r"photos/cats/c\.png"):
        list_folder(root).image(2)


def test_an_empty_folder_is_an_empty_set(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    folder = list_folder(tmp_path / "empty")
    assert (len(folder), folder.keys, folder.classes) == (0, (), ())


def test_responses_to_a_folder_are_those_to_its_pictures(root: Path, settings: Settings):
    bench = Workbench(Settings(store=settings.store, pictures=(root,)))
    folder = bench.sets.folders.get("photos")
    recipe = responses_recipe(bench.card(NAME), "layer2", [folder.reference])
    (result,) = bench.answer([recipe])
    bench.close()
    imgs = [folder.image(index) for index in range(len(folder))]
    expected = dissect.responses(zoo.load(NAME), imgs, ["layer2"])["layer2"]
    assert result.peak == pytest.approx(expected.peak, abs=1e-5)
