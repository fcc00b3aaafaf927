"""Saliency methods held against the truth of drawn scenes: a table for each bundled network.

    python -m benchmarks.truth [--scenes 500] [--slow 112] [--curves] [METHOD ...]

The true class of fresh scenes is explained by every method; those that take many passes on fewer
scenes. Prints the share of maps whose highest place lies in the object, and the share of their
energy that does; with --curves also the areas under the insertion and deletion curves, which take
most of the time: hours on two cores.
"""

import argparse

import pandas as pd

from core import saliency, zoo
from core.saliency.truth import truth_steps
from core.settings import BUNDLED
from core.steps import drain


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--slow", type=int, default=112, help="scenes for slow methods, 0 for none")
    parser.add_argument("--curves", action="store_true")
    parser.add_argument("methods", nargs="*", help="all where none is named")
    asked = parser.parse_args()
    chosen = {key: one for key, one in saliency.methods().items()
              if not asked.methods or key in asked.methods}  # fmt: skip
    for folder in sorted(BUNDLED.glob("*/")):
        m = zoo.load(f"bundled/{folder.name}")
        rows = {}
        for key, method in chosen.items():
            count = asked.slow if method.slow else asked.scenes
            if count:
                found = drain(truth_steps(m, key, count, asked.curves))
                rows[key] = {
                    "scenes": count, "pointing": found.pointed.mean(),
                    "energy": found.energy.mean(), "insertion": found.inserted.mean(),
                    "deletion": found.deleted.mean(), "area": found.area.mean(),
                }  # fmt: skip
        print(f"\n{m.name}\n{pd.DataFrame(rows).T.round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
