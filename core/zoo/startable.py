"""Whether a network can be opened at the start of a visit, checked without loading it."""

import os
from functools import lru_cache
from pathlib import Path

from core.zoo import installed
from core.zoo.card import Card
from core.zoo.conversion import is_converted
from core.zoo.errors import WeightsUnavailable
from core.zoo.installed import WeightsPackage, read_weights_file


def can_open(card: Card) -> bool:
    """Return whether a network's weights are here, complete, and can be opened.

    Only the weights of installed packages can be missing although the catalog has them: their file
    may be another one than the known one, and they are converted into a folder that may be locked.
    """
    if card.source != installed.SOURCE:
        return card.where not in ("hub", "refused")
    return card.folder is not None and _can_convert(installed.PACKAGES[card.title], card.folder)


@lru_cache(maxsize=16)  # reading a file and computing its SHA-256 takes 0.1 s
def _can_convert(package: WeightsPackage, folder: Path) -> bool:
    if is_converted(folder):
        return True
    try:
        read_weights_file(package)
        folder.mkdir(parents=True, exist_ok=True)
    except (WeightsUnavailable, OSError):
        return False  # loading the network says why
    return os.access(folder, os.W_OK)
