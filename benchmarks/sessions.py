"""Measure how long a visitor waits for a prediction while two others compute without a pause.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.sessions [--scenes 20000]

One workbench in one process, and three sessions. The first maps scenes by two networks, the second
opens Neurons of untrained networks, one after another. The third asks a loaded network for
predictions, one at a time, of pictures that are new and of pictures whose results are stored. Its
waiting times are printed, alone and beside the others. Run nothing else at the same time.
"""

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from core import scenes
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.recipes import Recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.picture_map import pca_recipe, tsne_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.visualization import channel_recipe
from core.zoo import Card

PRETRAINED = ("local/mobilenetv2_100.coral", "local/mobilenetv1_100.coral")
BUNDLED = ("bundled/scenes-regnet", "bundled/scenes-mobilenet")
# Networks whose neurons are looked at, one after another.
UNTRAINED = (
    "untrained/mobilenetv3_small_100", "untrained/resnet18", "untrained/efficientnet_b0",
    "untrained/regnety_008", "untrained/convnext_atto", "untrained/resnet50",
)  # fmt: skip
CHANNELS = 24
POLL = 0.4  # seconds between two requests of a page, as in pages/parts/shared/results.py
PAUSE = 0.3  # seconds between two predictions
PATIENCE = 600.0  # seconds after which a prediction counts as never made
MAX_SEED = 2**31


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20_000)
    parser.add_argument("--predictions", type=int, default=40)
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__},"
          f" {torch.get_num_threads()} threads; seconds")  # fmt: skip
    first, second = range(arguments.predictions), range(1000, 1000 + arguments.predictions)
    with tempfile.TemporaryDirectory() as store:
        settings = replace(Settings.from_environment(), store=store)
        with opened(settings) as bench:
            report("new pictures, alone", predict(bench, first))
        with opened(settings) as bench:
            report("stored results, alone", predict(bench, first))
        with opened(settings) as bench, visitors(bench, arguments.scenes):
            report("new pictures, beside two others", predict(bench, second))
            report("stored results, beside two others", predict(bench, first))


@contextmanager
def opened(settings: Settings) -> Iterator[Workbench]:
    """Open a workbench whose first network is loaded."""
    bench = Workbench(settings)
    predict(bench, [int(np.random.default_rng().integers(MAX_SEED))])
    yield bench
    bench.close()


def networks(bench: Workbench) -> list[Card]:
    """Return the two networks with real weights; the bundled ones where there are no others."""
    names = PRETRAINED if all(has_weights(bench, name) for name in PRETRAINED) else BUNDLED
    return [bench.card(name) for name in names]


def has_weights(bench: Workbench, name: str) -> bool:
    """Return whether a folder of the models has a network of this name."""
    folder = name.partition("/")[2]
    return any((root / folder).is_dir() for root in bench.settings.models)


def predict(bench: Workbench, seeds: Sequence[int]) -> list[float]:
    """Return the seconds after which each prediction was there, one scene at a time."""
    card, *_ = networks(bench)
    seconds = []
    for seed in seeds:
        picture = bench.pictures.keep(scenes.draw("wolf", seed=int(seed)).image, "predictions")
        start = time.perf_counter()
        answers = bench.wait([logits_recipe(card, picture)], "predictions", PATIENCE)
        seconds.append(time.perf_counter() - start)
        if answers[0].error:
            raise answers[0].error
        time.sleep(PAUSE)
    return seconds


@contextmanager
def visitors(bench: Workbench, count: int) -> Iterator[None]:
    """Have two visitors compute; print at the end how far they came."""
    leave = threading.Event()
    pages = [maps(bench, count), neurons(bench)]
    recipes = [next(page) for page in pages]
    threads = [
        threading.Thread(target=visit, args=(bench, f"visitor {index}", page, first, leave))
        for index, (page, first) in enumerate(zip(pages, recipes, strict=True))
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(is_computing(bench, f"visitor {index}") for index in range(2)))
    start = time.perf_counter()
    yield
    print(f"  after {time.perf_counter() - start:.0f} s:", *map(progress(bench), range(2)))
    leave.set()
    for thread in threads:
        thread.join()


def visit(
    bench: Workbench,
    session: str,
    page: Iterator[Sequence[Recipe[Any]]],
    recipes: Sequence[Recipe[Any]],
    leave: threading.Event,
) -> None:
    """Look at pages one after another, and ask for the results of each until they are there."""
    while not leave.wait(POLL):
        answers = bench.ask(recipes, session)
        if errors := [answer.error for answer in answers if answer.error]:
            raise errors[0]
        if all(answer.done for answer in answers):
            recipes = next(page)


def maps(bench: Workbench, count: int) -> Iterator[Sequence[Recipe[Any]]]:
    """Yield the recipes of Maps of drawn scenes by two networks; other scenes each time."""
    for seed in range(1, MAX_SEED):
        recipes: list[Recipe[Any]] = []
        for card in networks(bench):
            features = features_recipe(card, f"scenes:{count}~{seed}", "logits")
            recipes += [features, pca_recipe(features), tsne_recipe(features)]
        yield recipes


def neurons(bench: Workbench) -> Iterator[Sequence[Recipe[Any]]]:
    """Yield the recipes of Neurons of networks that were not loaded before."""
    for name in UNTRAINED * 1000:
        card = bench.card(name)
        (layers,) = bench.answer([layers_recipe(card)], "visitor 1")
        for layer in layers.main:
            channels = range(min(CHANNELS, layer.shape[0]))
            yield [
                *(channel_recipe(card, layer, channel) for channel in channels),
                responses_recipe(card, layer.name),
                part_scores_recipe(card, layer.name),
            ]


def is_computing(bench: Workbench, session: str) -> bool:
    """Return whether a job of a session has made a step."""
    return any(job.progress for job in bench._requested_by(session))


def progress(bench: Workbench) -> Callable[[int], str]:
    """Return a function that says how far a visitor's jobs under way are."""

    def describe(index: int) -> str:
        steps = [job.progress for job in bench._requested_by(f"visitor {index}") if job.progress]
        return f"visitor {index} at " + ", ".join(f"{now.step} of {now.total}" for now in steps)

    return describe


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    while not condition():
        time.sleep(POLL / 4)


def report(what: str, seconds: Sequence[float]) -> None:
    """Print the median, the 95th percentile and the maximum."""
    median, percentile = np.percentile(seconds, [50, 95])
    print(f"{what}: median {median:.3f}, 95th percentile {percentile:.3f}, maximum"
          f" {max(seconds):.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
