"""`python -m core.training --zoo NAME`: train a network of the bundled zoo again."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.settings import BUNDLED, Settings
from core.steps import Progress, drain
from core.training import checkpoint, folder
from core.training.configs import CONFIGS
from core.training.evaluation import evaluate
from core.training.loop import train_steps
from core.zoo import build, describe, device


def main() -> None:
    """Train a network, evaluate it and write its folder."""
    arguments = _parse_arguments()
    config = CONFIGS[arguments.zoo]
    if arguments.epochs:
        config = replace(config, epochs=arguments.epochs)
    path = arguments.to / arguments.zoo
    settings = replace(Settings.from_environment(), models=(arguments.to,))
    training_device = device(settings.device)
    net = drain(train_steps(config, path, training_device), _progress_printer())
    folder.save(path, net, config)
    m = build(describe(f"local/{arguments.zoo}", settings), training_device)
    evaluation = evaluate(m, config)
    folder.write_card(path, m, config, evaluation)
    (path / checkpoint.FILE_NAME).unlink(missing_ok=True)
    print(f"\n{arguments.zoo}: accuracy on new scenes {evaluation.fresh_accuracy:.1%},"
          f" held-out pairs {evaluation.held_out_accuracy:.1%},"
          f" swapped backgrounds {evaluation.swapped_accuracy:.1%};"
          f" dead units {evaluation.dead_share:.1%}")  # fmt: skip


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.training", description=__doc__)
    parser.add_argument("--zoo", required=True, choices=sorted(CONFIGS), metavar="NAME",
                        help=f"one of {', '.join(sorted(CONFIGS))}")  # fmt: skip
    parser.add_argument("--to", type=Path, default=BUNDLED,
                        help="folder in which the network's own folder is written")  # fmt: skip
    parser.add_argument("--epochs", type=int, help="train fewer epochs, for a quick test")
    return parser.parse_args()


def _progress_printer() -> Callable[[Progress], None]:
    """Return a function that prints the progress and the minutes since this call."""
    start = time.monotonic()

    def print_progress(progress: Progress) -> None:
        minutes = (time.monotonic() - start) / 60
        line = f"{progress.step}/{progress.total} {progress.note}, {minutes:.1f} min"
        print(line, end="\r", file=sys.stderr, flush=True)

    return print_progress


if __name__ == "__main__":
    main()
