"""`python -m core.showcase [NAME …]`: make what ships with the bundled networks, or with some."""

import argparse
import sys
import zipfile
from pathlib import Path

from core import showcase, store, tasks
from core.settings import BUNDLED, Settings
from core.workbench import Workbench
from core.zoo import Card

# Pictures are shipped a little lossy, at a sixth of their size.
WEBP_QUALITY = 70
TOGETHER = 64


def main() -> None:
    """Make the results of the named networks, or of all."""
    parser = argparse.ArgumentParser(prog="python -m core.showcase", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders in weights; all where none is named")
    asked = parser.parse_args()
    every = sorted(path.parent.name for path in BUNDLED.glob("*/config.json"))
    bench = Workbench(Settings.from_environment(), shipped=None)
    for name in asked.names or every:
        path = BUNDLED / name / showcase.FILE
        write(path, bench, bench.card(f"bundled/{name}"))
        print(f"{name}: {path.stat().st_size / 1e6:.1f} MB")
    bench.close()


def write(path: Path, bench: Workbench, card: Card) -> None:
    """Compute what is shipped of a network, and write it when all is there."""
    body = tasks.body_recipe(card)
    (layers,) = bench.answer([body])
    chosen = list(showcase.recipes(card, tasks.organs_of(layers)))
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as file:
        file.writestr(body.key, store.encode(layers))
        for start in range(0, len(chosen), TOGETHER):
            some = chosen[start : start + TOGETHER]
            for recipe, result in zip(some, bench.answer(some), strict=True):
                file.writestr(recipe.key, store.encode(result, WEBP_QUALITY))
            line = f"{card.name}: {start + len(some)} of {len(chosen)}"
            print(line, end="\r", file=sys.stderr, flush=True)
    part.replace(path)


if __name__ == "__main__":
    main()
