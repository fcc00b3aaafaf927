"""Labels by CSV and by sub-folder."""

import pytest

from core.sets import BadLabels, labels

FILES = ["cats/a.png", "cats/b.png", "dogs/a.png", "top.png"]


def read(text: str, table: str = "labels.csv") -> dict[str, str]:
    return dict(labels.by_table(text.encode(), table, FILES))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("file,label\ncats/b.png,tabby\ntop.png,tower\n", id="columns by name"),
        pytest.param("label,note,file\ntabby,x,cats/b.png\ntower,,top.png", id="in any order"),
        pytest.param("picture,class\ncats/b.png,tabby\ntop.png,tower", id="first two columns"),
        pytest.param("cats/b.png,tabby\ntop.png,tower", id="no header"),
        pytest.param("File;Label\r\ncats/b.png;tabby\r\ntop.png;tower\r\n", id="semicolons"),
        pytest.param("file\tlabel\ncats/b.png\ttabby\ntop.png\ttower", id="tabs"),
        pytest.param("\ufefffile,label\n\ncats/b.png, tabby \n,\n./top.png,tower\n", id="blanks"),
        pytest.param("\ufefflabel,file\ntabby,b.png\ntower,top.png", id="a mark of UTF-8"),
        pytest.param('file,label\n"cats\\b.png",tabby\ntop.png,"tower"', id="backslashes"),
        pytest.param("file,label\nb.png,tabby\ntop.png,tower", id="by its name alone"),
    ],
)
def test_a_table_says_which_class_each_file_shows(text):
    assert read(text) == {"cats/b.png": "tabby", "top.png": "tower"}


def test_a_path_is_taken_from_where_the_table_lies_first():
    assert read("file,label\na.png,x", "dogs/labels.csv") == {"dogs/a.png": "x"}
    assert read("file,label\ncats/a.png,x", "dogs/labels.csv") == {"cats/a.png": "x"}
    files = ["a.png", "dogs/a.png"]
    assert labels.by_table(b"a.png,x", "dogs/labels.csv", files) == {"dogs/a.png": "x"}
    assert labels.by_table(b"a.png,x", "labels.csv", files) == {"a.png": "x"}


@pytest.mark.parametrize("cell", ["nothing.png", "a.png", "", "cats"])
def test_a_row_that_names_no_file_or_two_is_told_by_its_line(cell):
    with pytest.raises(BadLabels, match=rf"labels\.csv, line 3: there is no file '{cell}'"):
        read(f"file,label\ntop.png,tower\n{cell},x\n")


def test_a_row_without_a_label_leaves_its_file_without():
    assert read("file,label\ntop.png\ncats/b.png,") == {"top.png": "", "cats/b.png": ""}


@pytest.mark.parametrize("text", ["", "\n\n", "file,label\n"])
def test_an_empty_table_says_nothing(text):
    assert read(text) == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"file,label\n\xff\xfe,x", id="no UTF-8"),
        pytest.param(b"file,label\n" + b"x" * 200_000, id="an endless cell"),
        pytest.param(b"x" * (labels.MAX_BYTES + 1), id="too large"),
    ],
)
def test_what_is_no_table_is_refused_by_name(data):
    with pytest.raises(BadLabels, match=r"labels\.csv"):
        labels.by_table(data, "labels.csv", FILES)


def test_folders_are_classes():
    assert labels.by_folder(FILES) == ("cats", "cats", "dogs", "")
    nested = ["all/cats/a.png", "all/cats/old/b.png", "all/c.png"]
    assert labels.by_folder(nested, "all") == ("cats", "cats", "")


def test_classes_are_the_labels_there_are():
    assert labels.classes_of(["b", "", "a", "b"]) == ("a", "b")
    assert labels.classes_of(["", ""]) == ()
