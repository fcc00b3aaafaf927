"""Which class each picture of a set is said to show: by a CSV beside it, or by its sub-folder."""

import csv
import io
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from core.errors import ZooscopeError

FILE_NAME = "labels.csv"
# A row is a path and a class; 20,000 of them need 2 MB.
MAX_BYTES = 5_000_000
COLUMNS = ("file", "label")
DELIMITERS = ",;\t"  # the second is what spreadsheets write where the comma is a decimal point

Row = tuple[int, Sequence[str]]


class BadLabels(ZooscopeError):
    """A table of labels can't be read; the message says where."""


def by_folder(files: Sequence[str], below: str = "") -> tuple[str, ...]:
    """The folder that each file lies in: the first one below another; empty where there is none.

    Args:
        files: Paths, with forward slashes.
        below: A folder that all of them lie in; the paths' beginning where empty.
    """
    start = len(below) + 1 if below else 0
    parts = (path[start:].partition("/") for path in files)
    return tuple(first if slash else "" for first, slash, _ in parts)


def by_table(data: bytes, table: str, files: Iterable[str]) -> Mapping[str, str]:
    """Labels by file, as a CSV says: its columns "file" and "label", or else its first two.

    A file is named by its path from where the table lies, by its path from the top, or by its name
    alone where no other has it. A first row that names no file is a header.

    Args:
        data: The table's bytes: UTF-8, cells apart by comma, semicolon or tab.
        table: Its path.
        files: Paths of what it may name.

    Raises:
        BadLabels: It is no such table, or a row names no file.
    """
    rows = _rows(data, table)
    if not rows:
        return {}
    find = _finder(table, files)
    header = [cell.strip().lower() for cell in rows[0][1]]
    named = all(column in header for column in COLUMNS)
    file, label = (header.index(column) for column in COLUMNS) if named else (0, 1)
    if find(_cell(rows[0], file)) is None:
        rows = rows[1:]
    found = {}
    for row in rows:
        path = find(_cell(row, file))
        if path is None:
            raise BadLabels(
                f"{table}, line {row[0]}: there is no file {_cell(row, file)!r}. Mend or remove"
                " the line; a file is named as it lies beside the table."
            )
        found[path] = _cell(row, label)
    return found


def classes_of(labels: Iterable[str]) -> tuple[str, ...]:
    """The classes that some labels name."""
    return tuple(sorted(set(labels) - {""}))


def _rows(data: bytes, table: str) -> list[Row]:
    """The table's rows that hold anything, each with the number of its line."""
    if len(data) > MAX_BYTES:
        raise BadLabels(f"{table} has more than {MAX_BYTES / 1e6:.0f} MB; labels need less.")
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count)
        )
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadLabels(f"{table} is no CSV file in UTF-8 ({error}); save it as one.") from error


def _cell(row: Row, column: int) -> str:
    cells = row[1]
    return cells[column].strip() if column < len(cells) else ""


def _finder(table: str, files: Iterable[str]) -> Callable[[str], str | None]:
    """Finds the path that a cell names."""
    paths = set(files)
    names = Counter(posixpath.basename(path) for path in paths)
    alone = {posixpath.basename(path): path for path in paths}
    beside = posixpath.dirname(table)

    def find(cell: str) -> str | None:
        asked = cell.replace("\\", "/").removeprefix("./")
        for path in (posixpath.join(beside, asked), asked):
            if path in paths:
                return path
        return alone[asked] if names[asked] == 1 else None

    return find
