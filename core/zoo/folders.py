"""Find the model folders inside the folders of bundled and local models."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.zoo.folder_config import CONFIG, has_unwanted_characters
from core.zoo.hub import WEIGHTS

# Folders that are listed of each parent folder. More would make every page slow.
MAX_FOLDERS = 1000


@dataclass(frozen=True)
class ModelFolder:
    """A folder that looks like a model.

    Attributes:
        name: The model's name, "local/FOLDER".
        path: The folder.
        problem: Why it is not opened, whatever is in it; empty if there is no such reason.
    """

    name: str
    path: Path
    problem: str = ""


def find_folders(parents: Sequence[tuple[str, Path]]) -> Iterator[ModelFolder]:
    """Yield every folder that has a config and weights, and those that can't be looked into.

    Args:
        parents: The source ("bundled", "local") of each folder of model folders, and its path.
    """
    seen: set[str] = set()
    for source, parent in parents:
        for folder in _folders_inside(source, parent):
            if folder.name in seen:
                yield ModelFolder(
                    folder.name,
                    folder.path,
                    "Another folder of this name, in an earlier folder of models, is opened instead"
                    " of this one. Rename one of them.",
                )
            else:
                seen.add(folder.name)
                yield folder


def _folders_inside(source: str, parent: Path) -> Iterator[ModelFolder]:
    try:
        names = sorted(os.listdir(parent)) if parent.is_dir() else []
    except OSError as error:
        yield ModelFolder(f"{source}/", parent, f"The folder can't be read ({error.strerror}).")
        return
    yield from _model_folders(source, parent, names[:MAX_FOLDERS])
    if len(names) > MAX_FOLDERS:
        yield ModelFolder(
            f"{source}/",
            parent,
            f"The folder of models has {len(names):,} entries; only the first {MAX_FOLDERS:,} are"
            " listed. Remove some.",
        )


def _model_folders(source: str, parent: Path, names: Iterable[str]) -> Iterator[ModelFolder]:
    for name in names:
        path = parent / name
        try:
            # Of the entries themselves, so that a broken link is listed with its reason.
            for file in (CONFIG, WEIGHTS):
                (path / file).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problem = f"The folder can't be read ({error.strerror}). Check its permissions."
        else:
            problem = ""
        if has_unwanted_characters(name):
            # Half a surrogate pair stands for a byte that is not UTF-8.
            name = name.encode("unicode_escape", "backslashreplace").decode()
            problem = "The folder's name has characters that can't be shown. Rename it."
        yield ModelFolder(f"{source}/{name}", path, problem)
