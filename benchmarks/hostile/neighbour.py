"""Measure how long another visitor's predictions take while hostile pictures are decoded."""

import io
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.hostile import jpegs, other_formats, pngs
from benchmarks.hostile.zips import zipped
from core.errors import ZooscopeError
from core.sets import archive
from core.settings import Settings
from core.steps import Steps
from core.workbench import Workbench
from core.workbench.engine import BackgroundTask
from core.workbench.tasks.logits import logits_recipe

NETWORK = "untrained/mobilenetv2_100"
# Predictions of each measurement.
PREDICTIONS = 40


def main() -> None:
    """Print the seconds of predictions alone, and beside a visitor who uploads hostile pictures."""
    bench = Workbench(Settings.from_environment())
    seeds = iter(range(10**6))
    _seconds(bench, seeds, 3)  # loads the network
    _print("another visitor's prediction, alone", _seconds(bench, seeds, PREDICTIONS))
    with _uploading(bench):
        _print("beside hostile uploads", _seconds(bench, seeds, PREDICTIONS))
    bench.close()


def _seconds(bench: Workbench, seeds: Iterator[int], count: int) -> list[float]:
    """Upload a new photograph and predict its class, `count` times; return the seconds of each."""
    taken = []
    for _ in range(count):
        photo = other_formats.saved("JPEG", (1200, 800 + next(seeds)))
        start = time.perf_counter()
        reference = bench.pictures.upload(photo, "visitor")
        recipe = logits_recipe(bench.card(NETWORK), bench.pictures.find(reference).id)
        bench.answer([recipe], "visitor")
        taken.append(time.perf_counter() - start)
    return taken


@contextmanager
def _uploading(bench: Workbench) -> Iterator[None]:
    """Upload hostile pictures, and zips of them, one after the other while the body runs."""
    hostile = [
        jpegs.with_scans(50, 8000, 5000),
        b"".join(pngs.black(8000, 5000, 8, pngs.RGBA)),
        other_formats.bmp_runs((3300, 3000), b"\1\0" * 9_000_000),
    ]
    packed = zipped(hostile[0], 50, "jpg")
    stop = threading.Event()

    def upload() -> None:
        while not stop.is_set():
            for data in hostile:
                try:
                    bench.pictures.upload(data, "hostile")
                except ZooscopeError:
                    continue  # as it should be

    def check() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            task = BackgroundTask(
                f"zip {number}", partial(_check_steps, bench, packed), lane="child", cost=2.0
            )
            while not stop.is_set() and not bench.background_jobs.ask(task, "hostile").done:
                time.sleep(0.2)

    threads = [threading.Thread(target=work) for work in (upload, check)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _check_steps(bench: Workbench, packed: bytes) -> Steps[str]:
    file = archive.pack_files([("hostile.zip", io.BytesIO(packed))])
    return bench.sets.add_archive_steps(file, "hostile.zip", "hostile")


def _print(name: str, seconds: list[float]) -> None:
    print(
        f"{name:<44} median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s",
        flush=True,
    )
