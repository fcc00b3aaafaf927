"""Measure what users wait for: start, predictions, page changes, catalogue; and memory.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.app

Run nothing else at the same time. Needs a models folder with the two pretrained MobileNets, a
folder "photos" next to it, and Chromium for the times in the browser.
"""

import csv
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch

from core import images, predict, zoo
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.tasks.logits import logits_recipe

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
MODELS = ("local/mobilenetv1_100.coral", "local/mobilenetv2_100.coral")
LABELLED_PHOTOS = (
    "chickadee", "cat", "samoyed", "dragonfly", "hot_dog", "parrot", "sunflower", "pets",
)  # fmt: skip
# Photos to upload, each with the start of its top class.
UPLOADS = {
    "chickadee.png": "chickadee",
    "samoyed.png": "Samoyed",
    "parrot.jpg": "macaw",
    "hot_dog.jpg": "hotdog",
    "dragonfly.png": "dragonfly",
}
REPEATS = 7


def main() -> None:
    """Run all measurements and print their figures."""
    settings = Settings.from_environment()
    photos = settings.models[0].parent / "photos"
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, medians")
    measure_accuracy(photos)
    with tempfile.TemporaryDirectory() as store:
        measure_core(replace(settings, store=store), photos)
    measure_catalog()
    measure_browser(photos)


def measure_accuracy(photos: Path) -> None:
    """Compare both models with the labels of photos, and with timm's own loading and transform."""
    with (photos / "labels.csv").open(newline="") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    pictures = [images.read(photos / rows[name]["file"]) for name in LABELLED_PHOTOS]
    for name in MODELS:
        m = zoo.load(name)
        ranked = predict.top_classes(m, pictures)
        correct = sum(
            str(predictions[0].index) in rows[photo]["imagenet_classes"].split("|")
            for photo, predictions in zip(LABELLED_PHOTOS, ranked, strict=True)
        )
        probabilities = predict.softmax(predict.scores(m, pictures).logits)
        difference = abs(probabilities - timm_probabilities(m, pictures))
        report(f"{name}: correct top classes", f"{correct} of {len(LABELLED_PHOTOS)}", "8 of 8")
        report(f"{name}: largest difference from timm", f"{difference.max():.1e}", "1e-5")


def timm_probabilities(m: zoo.Model, pictures: list) -> object:
    """Return the probabilities computed with timm's own loading and transform."""
    import timm

    net = timm.create_model(f"local-dir:{m.card.folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(net))
    with torch.inference_mode():
        return net(torch.stack([transform(picture) for picture in pictures])).softmax(-1).numpy()


def measure_core(settings: Settings, photos: Path) -> None:
    """Time predictions of the Workbench: computed, and read from the store."""
    bench = Workbench(settings)
    cards = [bench.card(name) for name in MODELS]
    bench.answer(recipes(bench, cards, photos / "cat.jpg"))  # loads both models
    computed, stored = [], []
    for name in ("parrot.jpg", "owl.jpg", "hot_dog.jpg", "pets.jpg", "dragonfly.png"):
        photo_recipes = recipes(bench, cards, photos / name)
        computed.append(seconds(partial(bench.answer, photo_recipes)))
        reopened = Workbench(settings)
        stored.append(seconds(partial(reopened.answer, photo_recipes)))
        reopened.close()
    bench.close()
    report("core: a new photo, both models", f"{statistics.median(computed):.3f} s")
    report("core: the same photo, from the store", f"{statistics.median(stored):.4f} s", "0.1 s")


def recipes(bench: Workbench, cards: list[zoo.Card], photo: Path) -> list:
    """Return the recipes of the predictions of all models for a photo."""
    picture = bench.pictures.keep(images.read(photo), "benchmark")
    return [logits_recipe(card, picture) for card in cards]


def measure_catalog() -> None:
    """Time the catalogue of all CNNs, which reads the locations of their weights each time."""
    first = seconds(zoo.catalog)
    later = statistics.median(seconds(zoo.catalog) for _ in range(REPEATS))
    report(f"catalogue of {len(zoo.catalog()):,} models, first call", f"{first:.3f} s", "0.2 s")
    report("catalogue, later calls", f"{later:.4f} s", "0.2 s")


@contextmanager
def served(store: str) -> Iterator[tuple[str, psutil.Process, float]]:
    """Run the app as a separate process and yield its URL, its process and its start time."""
    with socket.socket() as free_socket:
        free_socket.bind(("127.0.0.1", 0))
        port = free_socket.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true",
         "--server.address=127.0.0.1", f"--server.port={port}"],
        env={**os.environ, "ZOOSCOPE_STORE": store},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        while not is_healthy(f"{url}/_stcore/health"):
            time.sleep(0.05)
        yield url, psutil.Process(server.pid), started
    finally:
        server.terminate()
        server.wait()


def is_healthy(url: str) -> bool:
    """Return whether the server responds."""
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def measure_browser(photos: Path) -> None:
    """Time what a person sees in Chromium, which is started before the server."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as store:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        with served(store) as (url, server, started):
            page.goto(f"{url}/predict")
            page.get_by_role("heading", name="What is it?").wait_for()
            report("server start to a usable page", elapsed(started), "10 s")
            wait_for_top(page, "Egyptian cat")
            report("server start to the first bars", elapsed(started))
            upload = time_uploads(page, photos)
            report("a new 512-px photo, click to bars", f"{upload:.2f} s", "0.5 s")
            report("page change, warm", f"{time_page_changes(page):.2f} s", "0.5 s")
            gigabytes = server.memory_info().rss / 1e9
            report("memory of the server, two MobileNets loaded", f"{gigabytes:.2f} GB", "1.3 GB")
        browser.close()


def time_uploads(page, photos: Path) -> float:
    """Return the median time from uploading a photo to the first model's bars."""
    times = []
    for name, label in UPLOADS.items():
        photo = at_512(photos / name)
        page.wait_for_timeout(1000)  # a person looks before uploading the next
        start = time.perf_counter()
        page.set_input_files("input[type=file]", photo)
        wait_for_top(page, label)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def time_page_changes(page) -> float:
    """Return the median time from clicking a page's link to its heading."""
    times = []
    for _ in range(REPEATS):
        for link, heading in (("Models", "Which networks are there?"), ("Predict", "What is it?")):
            page.wait_for_timeout(1000)
            start = time.perf_counter()
            page.get_by_role("link", name=link).click()
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def wait_for_top(page, label: str) -> None:
    """Wait until the label of the first model's top bar starts with this text."""
    page.wait_for_function(
        """label => {
            const top = document.querySelector("[data-testid=stPlotlyChart] text.bartext");
            return top && top.textContent.startsWith(label);
        }""",
        arg=label,
        polling=20,
        timeout=60_000,
    )


def elapsed(start: float) -> str:
    """Return the seconds since a start time, as text."""
    return f"{time.perf_counter() - start:.1f} s"


def at_512(path: Path) -> "FilePayload":
    """Return a photo, shrunk to a longer side of 512 px, as a file to upload."""
    picture = images.read(path)
    picture.thumbnail((512, 512))
    return {"name": path.name, "mimeType": "image/png", "buffer": images.png(picture)}


def seconds(compute: Callable[[], object]) -> float:
    """Return how many seconds a computation takes."""
    start = time.perf_counter()
    compute()
    return time.perf_counter() - start


def report(name: str, figure: str, goal: str = "") -> None:
    """Print a line with a figure and, if there is one, its goal."""
    print(f"{name:52} {figure:>12}   {f'goal {goal}' if goal else ''}", flush=True)


if __name__ == "__main__":
    main()
