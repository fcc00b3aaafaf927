"""Measure what makes the questions of the page Train hard, by leaving one difficulty out at a time.

    python -m benchmarks.training_difficulty

The base is what the page offered until 2026-11-29: three blocks, 200 pictures of each class, and
all factors at 0.3. The two hardest questions are trained with one thing changed, until they reach
the goal, get no better, or have taken the limit of epochs.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from core.steps import drain
from core.train_lab import reports
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.run import run_steps

CLASSES = {
    "faces": ("boy", "girl", "man", "grandmother"),
    "cars": ("sedan", "sports car", "pickup", "van", "bus", "truck"),
}
EVEN = Difficulty(pose=0.3, size=0.3, background=0.3, coat=0.3)
BASE = Experiment(pictures=200, difficulty=EVEN)
CHANGED = {
    "nothing changed": BASE,
    "not turned": replace(BASE, difficulty=replace(EVEN, pose=0.0)),
    "one size": replace(BASE, difficulty=replace(EVEN, size=0.0)),
    "one background": replace(BASE, difficulty=replace(EVEN, background=0.0)),
    "one texture": replace(BASE, difficulty=replace(EVEN, coat=0.0)),
    "400 pictures": replace(BASE, pictures=400),
    "varied at random": replace(BASE, augmented=True),
    "four blocks": replace(BASE, blocks=4),
    "four blocks, 64 px": replace(BASE, blocks=4, size=64),
    "400 pictures, size 0.2": replace(
        BASE, pictures=400, difficulty=replace(EVEN, size=0.2)
    ),
}  # fmt: skip
EPOCHS = 40


def main() -> None:
    """Print a line for each change and question."""
    for title, changed in CHANGED.items():
        for name, classes in CLASSES.items():
            _measure(f"{name}, {title}", replace(changed, classes=classes, epochs=EPOCHS))


def _measure(title: str, experiment: Experiment) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drain(run_steps(experiment, Path(folder)))
        found, _ = reports.read(Path(folder))
    best = max(each.validation_accuracy or 0.0 for each in found)
    last = found[-1]
    print(f"{title}: {best:.0%}, ended for {last.end} after {last.epoch:.0f} epochs", flush=True)


if __name__ == "__main__":
    main()
