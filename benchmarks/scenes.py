"""How fast scenes are drawn.

    python -m benchmarks.scenes

Nothing else should run meanwhile.
"""

import os
import statistics
import time

import torch

from core import scenes

SIZE, COUNT, REPEATS = 96, 512, 7


def main() -> None:
    """Measure and print."""
    scenes.batch(0, range(len(scenes.CLASSES) * 2), SIZE)  # draws the textures
    rates = []
    for repeat in range(REPEATS):
        start = time.perf_counter()
        scenes.batch(repeat, range(COUNT), SIZE)
        rates.append(COUNT / (time.perf_counter() - start))
    print(f"{os.cpu_count()} cores, torch {torch.__version__}, {REPEATS} batches of {COUNT}")
    print(f"scenes of {SIZE} px a second: median {statistics.median(rates):.0f}, "
          f"{min(rates):.0f} to {max(rates):.0f}; goal 300")  # fmt: skip


if __name__ == "__main__":
    main()
