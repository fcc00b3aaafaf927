"""Measure the resident memory of a live server, while Chromium walks over its pages.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.memory [start|pages|large|varied]

Without the name of a part, all are measured; the whole takes an hour on two cores. Memory is the
RSS of the server and of its child processes, in GB: "peak" is the largest value during a view,
"left" is what remains once the server has been idle for a while. The parts:

- start: the first page, with two MobileNets.
- pages: every view of every page, with two MobileNets.
- large: the same with four untrained networks of the size of ResNet-50.
- varied: varied views over twelve networks, and what those after the first 50 add.
"""

import argparse
import os
import platform
import random
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import psutil
import torch

from benchmarks.app import CHROMIUM_FLAGS, MODELS, served
from core.settings import Settings
from tests.pages.browser_visit import SETTLED

LARGE = (
    "untrained/resnet50", "untrained/resnext50_32x4d", "untrained/seresnet50",
    "untrained/regnety_040",
)  # fmt: skip
TWELVE = (
    *MODELS, "bundled/scenes-regnet", "bundled/scenes-mobilenet", "untrained/resnet18",
    "untrained/resnet34", "untrained/efficientnet_b0", "untrained/regnety_008",
    "untrained/convnext_atto", "untrained/mobilenetv3_large_100", "untrained/resnet50",
    "untrained/densenet121",
)  # fmt: skip
# Pages by their titles in the navigation, in its order.
PAGES = {
    "Overview": "", "Predict": "predict", "Neurons": "neurons",
    "Neurons, compared": "compare_neurons",
    "Layers": "layers", "Saliency": "saliency", "Trust": "trust", "Maps": "maps",
    "Compare": "compare", "Bias": "bias", "Failures": "failures", "Train": "train",
    "Scenes": "scenes", "Models": "models",
}  # fmt: skip
PICTURES = ("photo:chelsea", "photo:coffee", "scene:wolf~7", "scene:owl~3", "scene:truck~12")
# Pages whose results for a new picture are there within seconds.
VARIED_PAGES = ("predict", "layers", "saliency", "scenes", "models", "neurons")
# Parameters of links that choose another view of a page.
VARIED_VIEWS: Mapping[str, Mapping[str, Sequence[object]]] = {
    "saliency": {"method": ["Grad-CAM", "Gradient", "StageCAM"]},
    "neurons": {"unit": range(24)},
}
FIRST_VIEWS = 50
IDLE = 4.0  # seconds after which the server has released what it releases when idle
INTERVAL = 0.05  # seconds between two looks at the memory
PATIENCE = 1_800_000  # milliseconds that a view may take
GIGABYTE = 1e9


def main() -> None:
    """Measure one part or all parts, and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = {"start": start, "pages": walk_small, "large": walk_large, "varied": varied}
    parser.add_argument("part", nargs="?", choices=parts)
    parser.add_argument("--only", metavar="PAGE", help="title of the only page to walk over")
    parser.add_argument("--views", type=int, default=300, help="number of varied views")
    arguments = parser.parse_args()
    limit = Settings.from_environment().memory_mb
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, networks up"
          f" to {limit} MB; GB of memory: peak, left")  # fmt: skip
    for name, part in parts.items():
        if arguments.part in (None, name):
            part(arguments)


class Memory:
    """The resident memory of a server and its child processes, watched in a thread.

    Args:
        server: The server's process.

    Attributes:
        peak: The largest number of bytes since the last `reset`.
    """

    def __init__(self, server: psutil.Process):
        self._server = server
        self._ended = threading.Event()
        self.peak = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> int:
        """Return the number of bytes now."""
        total = self._server.memory_info().rss
        for child in self._server.children(recursive=True):
            try:
                total += child.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it ended in between
        return total

    def left(self) -> int:
        """Return the number of bytes once the server has been idle for a while."""
        time.sleep(IDLE)
        return self.now()

    def reset(self) -> None:
        """Begin a new peak."""
        self.peak = self.now()

    def end(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            self.peak = max(self.peak, self.now())


@contextmanager
def visit() -> Iterator[tuple[Any, str, Memory]]:
    """Start a server with an empty store, and a browser; yield page, address and memory."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as store:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(PATIENCE)
        with served(store) as (url, server, _):
            memory = Memory(server)
            yield page, url, memory
            memory.end()
        browser.close()


def start(arguments: argparse.Namespace) -> None:
    """Measure the first page with two MobileNets."""
    with visit() as (page, url, memory):
        open_link(page, url, "", models=MODELS, picture="photo:chelsea")
        report("start-up view", memory, goal="0.9")


def walk_small(arguments: argparse.Namespace) -> None:
    """Measure a walk over all pages with two MobileNets."""
    walk("two MobileNets", MODELS, arguments.only, goal="1.3")


def walk_large(arguments: argparse.Namespace) -> None:
    """Measure a walk over all pages with four networks of the size of ResNet-50."""
    walk("four of ResNet-50's size", LARGE, arguments.only, goal="2.0")


def walk(name: str, models: Sequence[str], only: str | None, goal: str) -> None:
    """Walk over every view of all pages, or of one page, in one session."""
    with visit() as (page, url, memory):
        open_link(page, url, "predict", models=models, picture="photo:chelsea")
        highest = 0
        for title in [only] if only else PAGES:
            page.get_by_role("link", name=title, exact=True).click()
            page.get_by_role("link", name=title, exact=True).and_(
                page.locator("[aria-current=page]")
            ).wait_for()
            settle(page)
            report(title, memory)
            for view in views(page):
                highest = max(highest, memory.peak)
                report(f"{title}: {view}", memory)
        print(f"{name}: highest peak {highest / GIGABYTE:.2f}")
        report(f"{name}: after the walk", memory, goal)


def views(page, level: int = 0, before: str = "", seen: set | None = None) -> Iterator[str]:
    """Choose every option of all pickers on the page, and yield its name once it is shown.

    The options of a page's first picker are its views. Each option of the other pickers is chosen
    once in each view, since their combinations are too many.
    """
    seen = set() if seen is None else seen
    pickers = page.get_by_test_id("stMain").get_by_test_id("stButtonGroup")
    if level >= pickers.count():
        return
    for option in pickers.nth(level).get_by_role("radio").all_inner_texts():
        first = before or option
        if (first, level, option) in seen:
            continue
        seen.add((first, level, option))
        chosen = pickers.nth(level).get_by_role("radio", name=option, exact=True)
        if not chosen.count():
            continue  # another choice has removed it
        if chosen.get_attribute("aria-checked") != "true":
            chosen.click()
            settle(page)
        yield option if option == first else f"{first}, {option}"
        yield from views(page, level + 1, first, seen)


def varied(arguments: argparse.Namespace) -> None:
    """Open varied views over twelve networks, and report what those after the first 50 add."""
    chance = random.Random(0)
    with visit() as (page, url, memory):
        early = 0
        for number in range(1, arguments.views + 1):
            name = chance.choice(VARIED_PAGES)
            view = {key: chance.choice(list(values))
                    for key, values in VARIED_VIEWS.get(name, {}).items()}  # fmt: skip
            models, picture = chance.sample(TWELVE, 2), chance.choice(PICTURES)
            open_link(page, url, name, models=models, picture=picture, **view)
            if number == FIRST_VIEWS:
                early = memory.left()
            if number % 25 == 0:
                report(f"after {number} varied views", memory)
        if early:
            growth = (memory.left() - early) / GIGABYTE
            print(f"added by the views after the first {FIRST_VIEWS}: {growth:.2f}   goal 0.10")


def open_link(page, url: str, name: str, **parameters: object) -> None:
    """Open a page by a link, and wait until all results are shown."""
    page.goto(f"{url}/{name}?{urlencode(parameters, doseq=True)}")
    settle(page)


def settle(page) -> None:
    """Wait until all results are shown; a page that shows an exception ends the measurement."""
    page.wait_for_function(SETTLED, polling=100, timeout=PATIENCE)
    if page.get_by_test_id("stException").count():
        raise RuntimeError(re.sub(r"\s+", " ", page.get_by_test_id("stException").inner_text()))


def report(name: str, memory: Memory, goal: str = "") -> None:
    """Print the peak since the last report, and what is left; begin a new peak."""
    left, peak = memory.left(), memory.peak
    goal = f"   goal {goal}" if goal else ""
    print(f"{name:56} {peak / GIGABYTE:5.2f} {left / GIGABYTE:5.2f}{goal}", flush=True)
    memory.reset()


if __name__ == "__main__":
    main()
