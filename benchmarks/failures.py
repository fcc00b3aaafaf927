"""Measure the page Failures: all dials of a photograph, a set of pictures, a step on the screen.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.failures [--no-browser]

Run nothing else at the same time. Takes about two minutes.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import torch

from benchmarks.app import CHROMIUM_FLAGS, MODELS, report, served
from benchmarks.timing import timed
from core.corruptions import DIALS
from core.sets import SetSample, scene_set
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.tasks.dial_answers import dial_answers_recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.set_dial_answers import set_dial_answers_recipe
from core.workbench.tasks.ten_crop_answers import ten_crop_answers_recipe

SISTERS = ("bundled/scenes-regnet", "bundled/scenes-regnet-robust")
PHOTO, FIRST, SET_DIAL, STEP = "photo:chelsea", "defocus_blur", "gaussian_noise", 3
SCENES, VIEWS = 112, 56
# Milliseconds, and the times a step is turned forth and back.
TIMEOUT, TURNS = 300_000, 5


def main() -> None:
    """Run all measurements and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as store:
        bench = Workbench(replace(Settings.from_environment(), store=store))
        time_dials(bench)
        time_sets(bench)
        bench.close()
    if not arguments.no_browser:
        with tempfile.TemporaryDirectory() as store:
            time_step(store)


def time_dials(bench: Workbench) -> None:
    """Print the time to the first curve and to all dials of a photograph, both networks loaded."""
    picture = bench.pictures.find(PHOTO)
    cards = [bench.card(name) for name in MODELS]
    bench.answer([logits_recipe(card, picture.id) for card in cards])  # loads both
    first = [dial_answers_recipe(card, picture.id, FIRST) for card in cards]
    every = [dial_answers_recipe(card, picture.id, key) for key in DIALS for card in cards]
    started = time.process_time()
    _, one = timed(lambda: bench.answer(first[:1]))
    report("first curve of a new photograph", f"{one:.2f} s", "1 s")
    _, rest = timed(lambda: bench.answer(every))
    title = f"{len(DIALS)} dials × {len(cards)} MobileNets"
    report(title, f"{one + rest:.1f} s", "10 s")
    report("the same, seconds of processor time", f"{time.process_time() - started:.1f} s")


def time_sets(bench: Workbench) -> None:
    """Print the time of the sets that the page offers first, and of ten crops."""
    for names, pictures in (
        (SISTERS, SetSample(scene_set(), SCENES)),
        (MODELS, SetSample(bench.sets.gallery_views, VIEWS)),
    ):
        cards = [bench.card(name) for name in names]
        answers = [set_dial_answers_recipe(card, pictures.reference, SET_DIAL) for card in cards]
        crops = [
            ten_crop_answers_recipe(card, pictures.reference, SET_DIAL, STEP) for card in cards
        ]
        title = f"{len(pictures)} of {pictures.name}, {len(cards)} networks"
        for what, recipes, goal in (("", answers, "20 s"), (", ten crops", crops, "")):
            started = time.process_time()
            report(f"{title}{what}", f"{timed(partial(bench.answer, recipes))[1]:.1f} s", goal)
            report("the same, seconds of processor time", f"{time.process_time() - started:.1f} s")


def time_step(store: str) -> None:
    """Print the time from turning the step to its picture and curve, once all is computed."""
    from playwright.sync_api import sync_playwright

    label = DIALS[FIRST].labels
    query = urlencode({"models": MODELS, "picture": PHOTO}, doseq=True)
    with sync_playwright() as playwright, served(store) as (url, _, _):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(f"{url}/failures?{query}")
        page.get_by_text("of 80 steps").wait_for()
        slider = page.get_by_role("slider").first
        seconds = []
        for turn in range(TURNS + 1):
            for key, step in (("ArrowRight", STEP + 1), ("ArrowLeft", STEP)):
                slider.focus()
                start = time.perf_counter()
                slider.press(key)
                page.locator("strong", has_text=label[step - 1]).wait_for()
                if turn:  # heat maps of a new step are computed first
                    seconds.append(time.perf_counter() - start)
                page.wait_for_timeout(4000)
        browser.close()
    report("a step of a dial, once computed, to its picture", f"{statistics.median(seconds):.2f} s",
           "0.3 s")  # fmt: skip


if __name__ == "__main__":
    main()
