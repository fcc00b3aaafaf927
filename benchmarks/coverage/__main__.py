"""Count what works for every architecture of timm, with random weights and small inputs.

    python -m benchmarks.coverage [--processes 2] [--memory 6] [--seconds 180] [--again]
                                  [--small] [--table core/zoo/coverage.csv] [ARCHITECTURE ...]

Each architecture has a process of its own with one thread, and limits of time and of resident
memory, which this process watches. What was found is written at once into the table that pages
read, `core/zoo/coverage.csv`; a second start skips what is there, unless --again is given. Networks
whose weights alone need more than --memory are listed, not run. Afterwards the summary is printed:
for each family, the share of its architectures in which a capability works, and the reason of every
miss. --small counts the smallest architecture of every family and kind. A row has the side of the
input in pixels, the largest resident memory, and for each check a code and its seconds.

Weights are as timm draws them, with noise on those that are all equal, so that no factor of 0 hides
a gradient. The input is the smallest square of 64 pixels or more that the network accepts and whose
last feature map has at least 2 × 2 positions; vision transformers of one input size get 112 pixels
or more where timm can change it, all others keep their own size. An architecture is a CNN by the
rule of `core.zoo.table`: it has no module that mixes tokens, such as attention.
"""

import argparse
from pathlib import Path

import timm

from benchmarks.coverage import summary, table
from benchmarks.coverage.count import Limits, count, in_order, smallest
from core.zoo import coverage
from core.zoo.table import Architecture, architectures

MOST_MEMORY = 24  # GB


def main() -> None:
    """Count, and print the summary."""
    arguments = _arguments()
    counted = {} if arguments.again else table.read(arguments.table)
    todo = [each for each in _chosen(arguments) if each.name not in counted]
    limits = Limits(arguments.memory * 1e9, arguments.seconds)
    count(todo, arguments.table, arguments.processes, limits)
    print(summary.summary(table.read(arguments.table)))


def _chosen(arguments: argparse.Namespace) -> list[Architecture]:
    """Return the architectures to count, in their order."""
    names = arguments.architectures or timm.list_models()
    known = [architectures()[name] for name in names]
    return smallest(known) if arguments.small else in_order(known)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--memory", type=float, default=6, help="GB for each process, up to 24")
    parser.add_argument("--seconds", type=float, default=180, help="of computing, for each one")
    parser.add_argument("--again", action="store_true", help="count what is in the table, too")
    parser.add_argument("--small", action="store_true", help="one architecture for each family")
    parser.add_argument("--table", type=Path, default=coverage.TABLE)
    parser.add_argument("architectures", nargs="*", help="timm's names; default: all")
    arguments = parser.parse_args()
    if arguments.memory > MOST_MEMORY:
        parser.error(f"--memory is {arguments.memory:g}; choose at most {MOST_MEMORY}")
    return arguments


if __name__ == "__main__":
    main()
