"""`python -m core.training --zoo NAME`: train a network of the bundled zoo again."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from core.settings import BUNDLED, Settings
from core.steps import Progress, drain
from core.training import checkpoint, folder
from core.training.exam import examine
from core.training.lessons import ZOO
from core.training.loop import train_steps
from core.zoo import build, describe, device


def main() -> None:
    """Train, examine, and write the network's folder."""
    parser = argparse.ArgumentParser(prog="python -m core.training", description=__doc__)
    parser.add_argument("--zoo", required=True, choices=sorted(ZOO), metavar="NAME",
                        help=f"one of {', '.join(sorted(ZOO))}")  # fmt: skip
    parser.add_argument("--to", type=Path, default=BUNDLED, help="folder of the network's folder")
    parser.add_argument("--epochs", type=int, help="train shorter, to try something out")
    asked = parser.parse_args()
    lesson = ZOO[asked.zoo]
    if asked.epochs:
        lesson = replace(lesson, epochs=asked.epochs)
    place = asked.to / asked.zoo
    settings = replace(Settings.from_environment(), models=(asked.to,))
    on = device(settings.device)
    start = time.monotonic()

    def tell(progress: Progress) -> None:
        minutes = (time.monotonic() - start) / 60
        line = f"{progress.step}/{progress.total} {progress.note}, {minutes:.1f} min"
        print(line, end="\r", file=sys.stderr, flush=True)

    folder.save(place, drain(train_steps(lesson, place, on), tell), lesson)
    m = build(describe(f"local/{asked.zoo}", settings), on)
    marks = examine(m, lesson)
    folder.describe(place, m, lesson, marks)
    (place / checkpoint.NAME).unlink(missing_ok=True)
    print(f"\n{asked.zoo}: fresh {marks.fresh:.1%}, unseen pairs {marks.unseen:.1%},"
          f" swapped {marks.swapped:.1%}, dead {marks.dead:.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
