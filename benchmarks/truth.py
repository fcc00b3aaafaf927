"""Score saliency methods against the ground truth of scenes: a table for each bundled network.

    python -m benchmarks.truth [--scenes 500] [--slow 112] [--curves] [METHOD ...]

Every method explains the true class of new scenes; slow methods explain fewer scenes. Prints the
share of maps whose maximum is in the object, and the mean share of their energy in the object. With
--curves it also prints the areas under the insertion and deletion curves, which take most of the
time: hours on two cores.
"""

import argparse

import pandas as pd

from core import saliency, zoo
from core.settings import BUNDLED
from core.steps import drain


def main() -> None:
    """Score all methods on all bundled networks and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--slow", type=int, default=112, help="scenes for slow methods, 0 for none")
    parser.add_argument("--curves", action="store_true")
    parser.add_argument("methods", nargs="*", help="keys of methods; default: all")
    arguments = parser.parse_args()
    keys = arguments.methods or list(saliency.methods())
    methods = {key: method for key, method in saliency.methods().items() if key in keys}
    for folder in sorted(BUNDLED.glob("*/")):
        m = zoo.load(f"bundled/{folder.name}")
        rows = {}
        for key, method in methods.items():
            count = arguments.slow if method.slow else arguments.scenes
            if count:
                scores = drain(saliency.ground_truth_steps(m, key, count, arguments.curves))
                rows[key] = {
                    "scenes": count, "pointing": scores.pointed.mean(),
                    "energy": scores.energy.mean(), "insertion": scores.inserted.mean(),
                    "deletion": scores.deleted.mean(), "area": scores.area.mean(),
                }  # fmt: skip
        print(f"\n{m.name}\n{pd.DataFrame(rows).T.round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
