"""Compute the results that ship with the bundled networks, and with those of packages."""

import argparse
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.settings import BUNDLED, SHIPPED, Settings
from core.workbench import Workbench, showcase, store
from core.workbench.recipes import Recipe
from core.workbench.showcase.start_up import start_up_recipes
from core.workbench.tasks.layers import layers_recipe
from core.zoo import Card
from core.zoo.installed import SOURCE, installed_networks

# Compression of shipped pictures: slightly lossy, at a sixth of the size of PNG.
WEBP_QUALITY = 70
# Number of recipes that are requested at once.
BATCH = 64


def main() -> None:
    """Write the shipped results of the networks that the command line names, or of all."""
    parser = argparse.ArgumentParser(prog="python -m core.workbench.showcase", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of networks (default: all)")
    parser.add_argument("--again", action="store_true", help="also compute what already ships")
    chosen = parser.parse_args()
    bench = Workbench(Settings.from_environment(), shipped=None)
    for name in chosen.names or _networks():
        path = _file(name)
        path.parent.mkdir(exist_ok=True)
        write(path, bench, bench.card(name), {} if chosen.again else shipped_entries(path))
        print(f"{name}: {path.stat().st_size / 1e6:.1f} MB")
    bench.close()


def _networks() -> list[str]:
    """Return the names of all networks with shipped results."""
    bundled = sorted(path.parent.name for path in BUNDLED.glob("*/config.json"))
    return [f"bundled/{name}" for name in bundled] + [
        f"{SOURCE}/{name}" for name in installed_networks()
    ]


def _file(name: str) -> Path:
    """Return the file of a network's shipped results."""
    source, _, folder = name.partition("/")
    if source == SOURCE:
        return SHIPPED / f"{folder}.zip"
    return BUNDLED / folder / showcase.FILE


def shipped_entries(path: Path) -> dict[str, bytes]:
    """Return the entries of a file of shipped results by key; none where there is no file."""
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as file:
        return {key: file.read(key) for key in file.namelist()}


def write(
    path: Path, bench: Workbench, card: Card, entries: Mapping[str, bytes] | None = None
) -> None:
    """Compute the results that ship with a network, and replace the file when all are there.

    Args:
        path: The file.
        bench: A workbench without shipped results.
        card: The network's card.
        entries: Entries that need not be computed again, by key.
    """
    entries = entries or {}
    listing = layers_recipe(card)
    (layers,) = bench.answer([listing])
    if card.source == SOURCE:
        photographs = [bench.pictures.find(f"photo:{name}").id for name in showcase.PHOTOGRAPHS]
        names = installed_networks()
        before = [bench.card(f"{SOURCE}/{name}") for name in names[: names.index(card.title)]]
        views = bench.sets.gallery_views.reference
        found = start_up_recipes(card, photographs, views, before, bench.answer)
        recipes = list({recipe.key: recipe for recipe in [listing, *found]}.values())
    else:
        pictures = showcase.recipes(card, layers.layers)
        recipes = [listing, *pictures, *showcase.bias_recipes(card)]
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        for start in range(0, len(recipes), BATCH):
            batch = recipes[start : start + BATCH]
            bench.answer([recipe for recipe in batch if recipe.key not in entries])
            for recipe in batch:
                if recipe.key in entries:
                    file.writestr(recipe.key, entries[recipe.key])
                else:
                    _add(file, bench, recipe)
            line = f"{card.name}: {start + len(batch)} of {len(recipes)}"
            print(line, end="\r", file=sys.stderr, flush=True)
    part.replace(path)


def _add(file: zipfile.ZipFile, bench: Workbench, recipe: Recipe[Any]) -> None:
    """Add the stored result of a recipe that the workbench has computed."""
    stored = bench.store.get(recipe.key)
    if stored is None:
        raise RuntimeError(
            f"The store has not kept {asdict(recipe)}; check ZOOSCOPE_STORE and its size limit."
        )
    file.writestr(recipe.key, store.encode(stored, WEBP_QUALITY))


if __name__ == "__main__":
    main()
