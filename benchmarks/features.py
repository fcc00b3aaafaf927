"""Features and CKA of a thousand photographs: how much more they take than bare forward passes.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.features PHOTO_FOLDER

The folder's JPEGs are taken in turn until there are enough. One run, one machine; nothing else
should run meanwhile. Takes about five minutes.
"""

import argparse
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image
from torch import Tensor

from core import compare, embed, images, memory, sweep, zoo
from core.anatomy import anatomy
from core.steps import drain
from core.zoo import Model

NAME, OTHER = "local/mobilenetv2_100.coral", "local/mobilenetv1_100.coral"
# Batches that are kept ready as tensors, and passed in turn.
READY = 8
SAMPLED_EVERY = 0.002


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    asked = parser.parse_args()
    paths = list(islice(cycle(sorted(asked.photos.rglob("*.jpg"))), asked.count))
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}; {asked.count} photographs")  # fmt: skip
    m = zoo.load(NAME)
    measure_features(m, paths)
    measure_cka(m, zoo.load(OTHER), paths)


def measure_features(m: Model, paths: list[Path]) -> None:
    """Pooled features of one late layer, from tensors and from files, beside bare passes."""
    layer = [organ.name for organ in anatomy(m) if organ.main and organ.has_positions][-1]
    ready = list(islice(sweep.inputs(m, read(m, paths)), READY))
    size = len(ready[0])
    batches = [ready[index % READY] for index in range(len(paths) // size)]
    count = size * len(batches)
    bare(m, ready[:2])  # what is only slow the first time
    passes = timed(lambda: bare(m, batches))
    tensors = timed(lambda: drain(embed.rows_steps(m, iter(batches), count, [layer])))
    chosen = paths[:count]
    files = timed(lambda: drain(embed.features_steps(m, read(m, chosen), count, [layer])))
    decoding = timed(lambda: [images.read(path) for path in chosen])
    imgs = [images.read(path) for path in chosen[: READY * size]]
    cropping = timed(lambda: [np.asarray(m.preprocessing.crop(img)) for img in imgs])
    print(f"\n{m.name}, {layer}, {count} pictures")
    print(f"bare forward passes       {count / passes:6.1f} pictures a second")
    print(f"features from tensors     {count / tensors:6.1f}, {passes / tensors:.0%}")
    print(f"features from JPEGs       {count / files:6.1f}, {passes / files:.0%}")
    print("the split, ms a picture:"
          f" decode {1000 * decoding / count:.1f},"
          f" resize and crop {1000 * cropping / len(imgs):.1f},"
          f" network {1000 * passes / count:.1f}")  # fmt: skip


def measure_cka(m: Model, other: Model, paths: list[Path]) -> None:
    """All main layers of two networks, beside the two forward passes; and the memory it takes."""
    runs = compare.shuffled(len(paths), seed=0)
    passes = tensors = files = 0.0
    found = []
    most: list[int] = []
    for one in (m, other):
        layers = [organ.name for organ in anatomy(one) if organ.main]
        ready = list(islice(sweep.inputs(one, mixed(paths, runs)), READY))
        batches = [ready[index % READY] for index in range(len(runs))]
        count = sum(len(x) for x in batches)
        bare(one, ready[:1])
        passes += timed(partial(bare, one, batches))
        tensors += timed(partial(drain, compare.grams_steps(one, batches, count, layers)))
        steps = compare.grams_steps(one, sweep.inputs(one, mixed(paths, runs)), count, layers)
        start = time.perf_counter()
        found.append(drain(steps))
        files += time.perf_counter() - start
        memory.give_back()
        with sampled(most):  # not while time is taken: looking takes a share of a core
            drain(compare.grams_steps(one, batches, count, layers))
    table = compare.between(*found)
    print(f"\nCKA, {table.shape[0]} × {table.shape[1]} layers, {len(paths)} pictures")
    print(f"forward passes of both    {passes:6.1f} s")
    print(f"from tensors              {tensors:6.1f} s, {tensors / passes:.2f} times")
    print(f"from JPEGs                {files:6.1f} s, {files / passes:.2f} times")
    print(f"memory beside the networks {max(most) / 1e6:5.0f} MB")


class Photographs(Sequence[Image.Image]):
    """Some files, each read when it is taken."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = paths

    def __len__(self) -> int:
        """How many."""
        return len(self.paths)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        """Read one."""
        return images.read(self.paths[index])


def mixed(paths: list[Path], runs: list[list[int]]) -> Iterator[Photographs]:
    """The photographs in mini-batches."""
    return (Photographs([paths[index] for index in run]) for run in runs)


def read(m: Model, paths: list[Path]) -> Iterator[Photographs]:
    """The photographs, as many at once as go through the network together."""
    size = m.at_once
    return (Photographs(paths[start : start + size]) for start in range(0, len(paths), size))


def bare(m: Model, batches: list[Tensor]) -> None:
    """Nothing but the network."""
    with torch.inference_mode():
        for x in batches:
            m.net(x)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def sampled(most: list[int]) -> Iterator[None]:
    """While it lasts, watch what memory the process takes beyond what it took; appended to most."""
    ended = threading.Event()

    def watch() -> None:
        process = psutil.Process()
        before = highest = process.memory_info().rss
        while not ended.wait(SAMPLED_EVERY):
            highest = max(highest, process.memory_info().rss)
        most.append(highest - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
