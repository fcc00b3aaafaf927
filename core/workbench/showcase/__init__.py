"""Results that ship with Zooscope, so that a first visit shows pictures at once.

`python -m core.workbench.showcase` computes them. A zip file for each network has one entry of the
store for each key. For a bundled network it is `weights/NAME/results.zip`, beside the weights; for
a network whose weights come with a package it is `shipped/NAME.zip`.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from core.layer_info import LayerInfo, classes_layer
from core.workbench import store
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.scene_answers import scene_answers_recipe
from core.workbench.tasks.scene_reasons import scene_reasons_recipe
from core.workbench.tasks.shortcuts import shortcuts_recipe
from core.workbench.tasks.visualization import channel_recipe
from core.zoo import Card

FILE = "results.zip"
# The networks of the story of the wolf: a biased one and its honest sister.
BIAS_STORY = ("bundled/scenes-mobilenet", "bundled/scenes-mobilenet-biased")
# Number of shipped channels of each layer: the first ones, and some spread over all channels.
FIRST, SPREAD = 24, 4
# Photographs of the gallery whose top classes ship as pictures with the installed networks.
PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "astronaut", "flower", "china")


class Showcase:
    """The shipped results of all networks in some folders. Thread-safe.

    Args:
        folders: Folders with a zip file for each network, or a subfolder with `FILE` for each.
    """

    def __init__(self, folders: Iterable[Path]):
        paths = [
            path
            for folder in folders
            for pattern in (f"*/{FILE}", "*.zip")
            for path in sorted(folder.glob(pattern))
        ]
        files = [zipfile.ZipFile(path) for path in paths]
        self._files = {name: file for file in files for name in file.namelist()}
        self._lock = Lock()

    def get(self, key: str) -> StoredResult | None:
        """Return the shipped result of a recipe's key, or None."""
        file = self._files.get(key)
        if file is None:
            return None
        with self._lock:  # a zip file has one read position
            data = file.read(key)
        return store.decode(data)

    def close(self) -> None:
        """Close the files."""
        for file in set(self._files.values()):
            file.close()


def recipes(card: Card, layers: Sequence[LayerInfo]) -> Iterator[Recipe[Any]]:
    """Yield the recipes of what ships with a bundled network.

    These are pictures of the channels of its blocks and of its classes, and which parts of scenes
    the channels find. The pictures that excite a channel most would take too much space.

    Args:
        card: The network's card.
        layers: Its layers.
    """
    blocks = [layer for layer in layers if layer.main and len(layer.shape) == 3]
    for layer in blocks:
        yield from channel_recipes(card, layer)
    # One after another, so that all layers are read in the same passes.
    yield from (part_scores_recipe(card, layer.name) for layer in blocks if layer.is_spatial)
    for unit in range(len(card.labels)):
        yield channel_recipe(card, classes_layer(card), unit)


def bias_recipes(card: Card) -> tuple[Recipe[Any], ...]:
    """Return what ships for the page Bias: the verdict on a network that knows drawn scenes.

    All that the verdict rests on ships only for the networks of the story on the Overview.
    """
    if not card.knows_scenes_only:
        return ()
    answers = scene_answers_recipe(card)
    verdict = shortcuts_recipe(card, answers)
    if card.name not in BIAS_STORY:
        return (verdict,)
    return answers, verdict, scene_reasons_recipe(card)


def channel_recipes(card: Card, layer: LayerInfo) -> Iterator[Recipe[Any]]:
    """Yield the recipes of a layer's channels whose pictures ship."""
    for unit in sorted({*range(min(FIRST, layer.shape[0])), *layer.spaced_channels(SPREAD)}):
        yield channel_recipe(card, layer, unit)
