"""Make hostile inputs, give them to Zooscope, and print what each costs and how it is answered.

    python -m benchmarks.hostile                 # all
    python -m benchmarks.hostile pictures zips   # some groups

Prints the wall time and the peak memory beyond that before (of this process and its children).
The goal for inputs of up to 20 MB is 2 s and 500 MB; another visitor's prediction takes at most 1 s
longer meanwhile. Run nothing else at the same time.
"""

import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks.hostile import neighbour, pictures, zips
from benchmarks.hostile.measure import run
from core.decoding import Decoder


def run_pictures() -> None:
    """Decode hostile pictures, and check zips of them."""
    decoder = Decoder()
    decoder.start()
    for case in pictures.cases(decoder):
        run(case)
    decoder.close()


def run_zips() -> None:
    """Check hostile zips of pictures."""
    decoder = Decoder()
    decoder.start()
    for case in zips.cases(decoder):
        run(case)
    decoder.close()


# Each group prints its own lines.
GROUPS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {"pictures": run_pictures, "zips": run_zips, "neighbour": neighbour.main}
)


def main() -> None:
    """Run the groups that the command line names, or all."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or GROUPS:
        GROUPS[name]()


if __name__ == "__main__":
    main()
