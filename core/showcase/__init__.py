"""Results that ship with the bundled networks, so that a first visit sees their pictures at once.

`python -m core.showcase` makes them. Each network's folder has its own in one file.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from core import store, tasks
from core.anatomy import Organ, classes
from core.recipes import Recipe, Result
from core.zoo import Card

FILE = "results.zip"
# Channels of each layer that are shipped: the first ones, and some spread over all.
FIRST, SPREAD = 24, 4


class Showcase:
    """The shipped results of all networks in a folder; safe from any thread."""

    def __init__(self, folder: Path):
        files = [zipfile.ZipFile(path) for path in sorted(folder.glob(f"*/{FILE}"))]
        self._homes = {name: file for file in files for name in file.namelist()}
        self._lock = Lock()

    def get(self, key: str) -> Result | None:
        """The result of this key, or None."""
        home = self._homes.get(key)
        if home is None:
            return None
        with self._lock:  # a zip file has one place to read from
            data = home.read(key)
        return store.decode(data)

    def close(self) -> None:
        """Close the files."""
        for file in set(self._homes.values()):
            file.close()


def recipes(card: Card, organs: Sequence[Organ]) -> Iterator[Recipe]:
    """What is shipped of a network: pictures of its blocks' channels, and of all its classes.

    Args:
        card: The network's.
        organs: Its layers.
    """
    for organ in organs:
        if organ.main and len(organ.shape) == 3:
            for unit in sorted({*range(min(FIRST, organ.shape[0])), *organ.spread(SPREAD)}):
                yield tasks.picture_recipe(card, organ, unit)
    for unit in range(len(card.labels)):
        yield tasks.picture_recipe(card, classes(card), unit)
