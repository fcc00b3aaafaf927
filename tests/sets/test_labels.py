"""Labels from CSV tables and from sub-folders."""

import pytest

from core.sets import BadLabels, labels

FILES = ["cats/a.png", "cats/b.png", "dogs/a.png", "top.png"]


def read(text: str, table: str = "labels.csv") -> dict[str, str]:
    return dict(labels.from_table(text.encode(), table, FILES))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("file,label\ncats/b.png,tabby\ntop.png,tower\n", id="columns by name"),
        pytest.param("label,note,file\ntabby,x,cats/b.png\ntower,,top.png", id="other order"),
        pytest.param("picture,class\ncats/b.png,tabby\ntop.png,tower", id="first two columns"),
        pytest.param("cats/b.png,tabby\ntop.png,tower", id="no header"),
        pytest.param("File;Label\r\ncats/b.png;tabby\r\ntop.png;tower\r\n", id="semicolons"),
        pytest.param("file\tlabel\ncats/b.png\ttabby\ntop.png\ttower", id="tabs"),
        pytest.param("\ufefffile,label\n\ncats/b.png, tabby \n,\n./top.png,tower\n", id="blanks"),
        pytest.param("\ufefflabel,file\ntabby,b.png\ntower,top.png", id="byte order mark"),
        pytest.param('file,label\n"cats\\b.png",tabby\ntop.png,"tower"', id="backslashes"),
        pytest.param("file,label\nb.png,tabby\ntop.png,tower", id="name alone"),
    ],
)
def test_tables_of_several_formats_are_read(text):
    assert read(text) == {"cats/b.png": "tabby", "top.png": "tower"}


def test_a_path_relative_to_the_table_takes_precedence():
    assert read("file,label\na.png,x", "dogs/labels.csv") == {"dogs/a.png": "x"}
    assert read("file,label\ncats/a.png,x", "dogs/labels.csv") == {"cats/a.png": "x"}
    files = ["a.png", "dogs/a.png"]
    assert labels.from_table(b"a.png,x", "dogs/labels.csv", files) == {"dogs/a.png": "x"}
    assert labels.from_table(b"a.png,x", "labels.csv", files) == {"a.png": "x"}


@pytest.mark.parametrize("cell", ["nothing.png", "a.png", "", "cats"])
def test_a_row_that_names_no_file_or_two_is_an_error_with_its_line(cell):
    with pytest.raises(BadLabels, match=rf"labels\.csv, line 3: there is no file '{cell}'"):
        read(f"file,label\ntop.png,tower\n{cell},x\n")


def test_a_row_without_a_label_gives_its_file_no_label():
    assert read("file,label\ntop.png\ncats/b.png,") == {"top.png": "", "cats/b.png": ""}


@pytest.mark.parametrize("text", ["", "\n\n", "file,label\n"])
def test_an_empty_table_has_no_labels(text):
    assert read(text) == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"file,label\n\xff\xfe,x", id="not UTF-8"),
        pytest.param(b"file,label\n" + b"x" * 200_000, id="an endless cell"),
        pytest.param(b"x" * (labels.MAX_BYTES + 1), id="too large"),
    ],
)
def test_the_error_for_a_bad_table_names_the_table(data):
    with pytest.raises(BadLabels, match=r"labels\.csv"):
        labels.from_table(data, "labels.csv", FILES)


def test_the_topmost_folders_are_labels():
    assert labels.from_folders(FILES) == ("cats", "cats", "dogs", "")
    nested = ["all/cats/a.png", "all/cats/old/b.png", "all/c.png"]
    assert labels.from_folders(nested, "all") == ("cats", "cats", "")


def test_class_names_are_the_different_labels_without_the_empty_one():
    assert labels.class_names(["b", "", "a", "b"]) == ("a", "b")
    assert labels.class_names(["", ""]) == ()
