"""Read JSON that anyone may have written: bounded in size and nesting, without special numbers."""

import json
import stat
from pathlib import Path
from typing import Any, NoReturn

# Lists and objects inside each other. A config of timm has three.
MAX_NESTING = 16


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: The file. Anything else, such as a pipe, on which reading could wait forever, is an
            error.
        limit: Largest size, in bytes.

    Raises:
        OSError: The file can't be read.
        ValueError: It is larger than the limit, or not a regular file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path.name} is not a regular file")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path.name} is larger than {limit / 1e6:g} MB")
    return content


def parse_bounded(content: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: The text is not UTF-8 or not JSON, is nested too deeply, or contains NaN or
            Infinity, which Python's parser accepts by default.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(f"it is nested more than {MAX_NESTING} deep") from error
    _check_nesting(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _check_nesting(value: Any) -> None:
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(MAX_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, list | dict)
        ]
    if level:
        raise ValueError(f"it is nested more than {MAX_NESTING} deep")
