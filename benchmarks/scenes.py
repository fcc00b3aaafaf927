"""Measure how many scenes are drawn per second.

    python -m benchmarks.scenes

Run nothing else at the same time.
"""

import os
import statistics
import time

import torch

from core import scenes

SIZE, COUNT, REPEATS = 96, 512, 7


def main() -> None:
    """Run the benchmark and print its figures."""
    scenes.batch(0, range(len(scenes.CLASSES) * 2), SIZE)  # draws the cached textures
    rates = []
    for repeat in range(REPEATS):
        start = time.perf_counter()
        scenes.batch(repeat, range(COUNT), SIZE)
        rates.append(COUNT / (time.perf_counter() - start))
    print(f"{os.cpu_count()} cores, torch {torch.__version__}, {REPEATS} batches of {COUNT}")
    print(f"scenes of {SIZE} px per second: median {statistics.median(rates):.0f}, "
          f"{min(rates):.0f} to {max(rates):.0f}; goal 300")  # fmt: skip


if __name__ == "__main__":
    main()
