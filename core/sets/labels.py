"""Labels of a set's pictures, from a CSV table or from the names of sub-folders."""

import csv
import io
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from core.errors import ZooscopeError

FILE_NAME = "labels.csv"
# A row holds a path and a class; 20,000 rows need 2 MB.
MAX_BYTES = 5_000_000
COLUMNS = ("file", "label")
# Spreadsheets write semicolons where the comma is the decimal separator.
DELIMITERS = ",;\t"

# The number of a row's line, and the row's cells.
Row = tuple[int, Sequence[str]]


class BadLabels(ZooscopeError):
    """A table of labels can't be read; the message names the table and the line."""


def from_folders(files: Sequence[str], root: str = "") -> tuple[str, ...]:
    """Label each file with the name of its topmost folder; files outside any folder get no label.

    Args:
        files: Paths with forward slashes.
        root: A folder that contains all files; only the folders below it count.
    """
    start = len(root) + 1 if root else 0
    parts = (path[start:].partition("/") for path in files)
    return tuple(folder if slash else "" for folder, slash, _ in parts)


def from_table(data: bytes, table: str, files: Iterable[str]) -> Mapping[str, str]:
    """Read labels by file from the columns "file" and "label" of a CSV, or from its first two.

    A row names a file by its path relative to the table, by its path from the top, or by its name
    alone if no other file has the same name. If the first row names no file, it is a header.

    Args:
        data: The table's bytes: UTF-8, with comma, semicolon or tab as the delimiter.
        table: The table's path.
        files: Paths of the files that the table may name.

    Raises:
        BadLabels: The data is not such a table, or a row names no file.
    """
    rows = _read_rows(data, table)
    if not rows:
        return {}
    find = _file_finder(table, files)
    header = [cell.strip().lower() for cell in rows[0][1]]
    has_header = all(column in header for column in COLUMNS)
    file, label = (header.index(column) for column in COLUMNS) if has_header else (0, 1)
    if find(_cell(rows[0], file)) is None:
        rows = rows[1:]
    labels = {}
    for row in rows:
        path = find(_cell(row, file))
        if path is None:
            raise BadLabels(
                f"{table}, line {row[0]}: there is no file {_cell(row, file)!r}. Correct or remove"
                " the line; name each file by its path relative to the table."
            )
        labels[path] = _cell(row, label)
    return labels


def class_names(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the different labels in alphabetical order, without the empty label."""
    return tuple(sorted(set(labels) - {""}))


def _read_rows(data: bytes, table: str) -> list[Row]:
    """Parse the table; skip rows whose cells are all empty."""
    if len(data) > MAX_BYTES:
        raise BadLabels(
            f"{table} has more than {MAX_BYTES / 1e6:.0f} MB; a table of labels needs less."
        )
    try:
        text = data.decode("utf-8-sig")
        first_line = text.partition("\n")[0]
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first_line.count)
        )
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadLabels(
            f"{table} is not a CSV file in UTF-8 ({error}). Save it in this format."
        ) from error


def _cell(row: Row, column: int) -> str:
    """Return a cell's text, empty if the row is too short."""
    cells = row[1]
    return cells[column].strip() if column < len(cells) else ""


def _file_finder(table: str, files: Iterable[str]) -> Callable[[str], str | None]:
    """Return a function that finds the path of the file that a cell names, or None."""
    paths = set(files)
    name_counts = Counter(posixpath.basename(path) for path in paths)
    path_of_name = {posixpath.basename(path): path for path in paths}
    table_folder = posixpath.dirname(table)

    def find(cell: str) -> str | None:
        name = cell.replace("\\", "/").removeprefix("./")
        for path in (posixpath.join(table_folder, name), name):
            if path in paths:
                return path
        return path_of_name[name] if name_counts[name] == 1 else None

    return find
