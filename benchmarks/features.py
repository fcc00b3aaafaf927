"""Compare the speed of features and CKA of a thousand photographs with plain forward passes.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.features PHOTO_FOLDER

If the folder has fewer JPEG files than pictures are needed, they are repeated. Run nothing else at
the same time. Takes about five minutes.
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

from core import batched_reading, compare, embed, images, memory, zoo
from core.layer_info import list_layers
from core.steps import drain
from core.zoo import Model

FIRST, SECOND = "local/mobilenetv2_100.coral", "local/mobilenetv1_100.coral"
# Different batches that are kept in memory as tensors and used in turn.
PREPARED_BATCHES = 8
MEMORY_SAMPLE_SECONDS = 0.002


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    arguments = parser.parse_args()
    paths = list(islice(cycle(sorted(arguments.photos.rglob("*.jpg"))), arguments.count))
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}; {arguments.count} photographs")  # fmt: skip
    m = zoo.load(FIRST)
    measure_features(m, paths)
    measure_cka(m, zoo.load(SECOND), paths)


def measure_features(m: Model, paths: list[Path]) -> None:
    """Time pooled features at a late layer, from tensors and from files, and forward passes."""
    layer = [
        layer_info.name
        for layer_info in list_layers(m)
        if layer_info.main and layer_info.is_spatial
    ][-1]
    prepared = list(islice(batched_reading.input_batches(m, read(m, paths)), PREPARED_BATCHES))
    size = len(prepared[0])
    batches = [prepared[index % PREPARED_BATCHES] for index in range(len(paths) // size)]
    count = size * len(batches)
    used = paths[:count]
    forward(m, prepared[:2])  # warm-up
    passes = timed(lambda: forward(m, batches))
    tensors = timed(lambda: drain(embed.features_of_inputs_steps(m, iter(batches), count, [layer])))
    files = timed(lambda: drain(embed.features_steps(m, read(m, used), count, [layer])))
    decoding = timed(lambda: [images.read(path) for path in used])
    imgs = [images.read(path) for path in used[: PREPARED_BATCHES * size]]
    cropping = timed(lambda: [np.asarray(m.preprocessing.crop(img)) for img in imgs])
    print(f"\n{m.name}, {layer}, {count} pictures")
    print(f"forward passes only       {count / passes:6.1f} pictures per second")
    print(f"features from tensors     {count / tensors:6.1f}, {passes / tensors:.0%}")
    print(f"features from JPEGs       {count / files:6.1f}, {passes / files:.0%}")
    print("ms per picture:"
          f" decode {1000 * decoding / count:.1f},"
          f" resize and crop {1000 * cropping / len(imgs):.1f},"
          f" network {1000 * passes / count:.1f}")  # fmt: skip


def measure_cka(first: Model, second: Model, paths: list[Path]) -> None:
    """Time CKA of all main layers of two networks and their forward passes; measure the memory."""
    shuffled = compare.shuffled_batches(len(paths), seed=0)
    passes = tensors = files = 0.0
    grams = []
    extra_memory: list[int] = []
    for m in (first, second):
        layers = [layer_info.name for layer_info in list_layers(m) if layer_info.main]
        inputs = batched_reading.input_batches(m, photograph_batches(paths, shuffled))
        prepared = list(islice(inputs, PREPARED_BATCHES))
        batches = [prepared[index % PREPARED_BATCHES] for index in range(len(shuffled))]
        count = sum(len(x) for x in batches)
        forward(m, prepared[:1])  # warm-up
        passes += timed(partial(forward, m, batches))
        tensors += timed(partial(drain, compare.grams_steps(m, batches, count, layers)))
        inputs = batched_reading.input_batches(m, photograph_batches(paths, shuffled))
        start = time.perf_counter()
        grams.append(drain(compare.grams_steps(m, inputs, count, layers)))
        files += time.perf_counter() - start
        memory.release_freed_memory()
        # In a pass of its own, because sampling the memory takes a share of a core.
        with sampled_memory(extra_memory):
            drain(compare.grams_steps(m, batches, count, layers))
    table = compare.cka_matrix(*grams)
    print(f"\nCKA, {table.shape[0]} × {table.shape[1]} layers, {len(paths)} pictures")
    print(f"forward passes of both    {passes:6.1f} s")
    print(f"from tensors              {tensors:6.1f} s, {tensors / passes:.2f} times")
    print(f"from JPEGs                {files:6.1f} s, {files / passes:.2f} times")
    print(f"memory beyond the networks {max(extra_memory) / 1e6:5.0f} MB")


class Photographs(Sequence[Image.Image]):
    """Image files as a sequence of pictures; each file is read when its picture is accessed."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = paths

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        """Read one file."""
        return images.read(self.paths[index])


def photograph_batches(paths: list[Path], batches: list[list[int]]) -> Iterator[Photographs]:
    """Yield the photographs in batches of the given indices."""
    return (Photographs([paths[index] for index in batch]) for batch in batches)


def read(m: Model, paths: list[Path]) -> Iterator[Photographs]:
    """Yield the photographs in batches of the network's batch size."""
    size = m.batch_size
    return (Photographs(paths[start : start + size]) for start in range(0, len(paths), size))


def forward(m: Model, batches: list[Tensor]) -> None:
    """Run forward passes and nothing else."""
    with torch.inference_mode():
        for x in batches:
            m.net(x)


def timed(compute: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    compute()
    return time.perf_counter() - start


@contextmanager
def sampled_memory(increases: list[int]) -> Iterator[None]:
    """Sample the process's memory within the context; append the peak increase in bytes."""
    ended = threading.Event()

    def watch() -> None:
        process = psutil.Process()
        before = highest = process.memory_info().rss
        while not ended.wait(MEMORY_SAMPLE_SECONDS):
            highest = max(highest, process.memory_info().rss)
        increases.append(highest - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
