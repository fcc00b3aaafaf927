"""What a user waits for: start, first predictions, predictions again, pages, catalogue, memory.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.app

Nothing else should run meanwhile. Needs the folder with the two real MobileNets, photographs beside
it, and Chromium for the times in the browser.
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

from core import images, predict, tasks, zoo
from core.settings import Settings
from core.workbench import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
MODELS = ("local/mobilenetv1_100.coral", "local/mobilenetv2_100.coral")
RIGHT = ("chickadee", "cat", "samoyed", "dragonfly", "hot_dog", "parrot", "sunflower", "pets")
UPLOADS = {
    "chickadee.png": "chickadee",
    "samoyed.png": "Samoyed",
    "parrot.jpg": "macaw",
    "hot_dog.jpg": "hotdog",
    "dragonfly.png": "dragonfly",
}
REPEATS = 7


def main() -> None:
    """Measure and print."""
    settings = Settings.from_environment()
    photos = settings.models[0].parent / "photos"
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, medians")
    measure_accuracy(photos)
    with tempfile.TemporaryDirectory() as store:
        measure_core(replace(settings, store=store), photos)
    measure_catalog()
    measure_browser(photos)


def measure_accuracy(photos: Path) -> None:
    """Both models on the labelled photos, and against timm's own loading and transform."""
    with (photos / "labels.csv").open(newline="") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    pictures = [images.read(photos / rows[name]["file"]) for name in RIGHT]
    for name in MODELS:
        m = zoo.load(name)
        ranked = predict.top_classes(m, pictures)
        right = sum(
            str(predictions[0].index) in rows[photo]["imagenet_classes"].split("|")
            for photo, predictions in zip(RIGHT, ranked, strict=True)
        )
        difference = abs(predict.softmax(predict.scores(m, pictures).logits) - timms(m, pictures))
        report(f"{name}: top class right", f"{right} of {len(RIGHT)}", "8 of 8")
        report(f"{name}: largest difference to timm", f"{difference.max():.1e}", "1e-5")


def timms(m: zoo.Model, pictures: list) -> object:
    """Probabilities by timm's own loading and transform."""
    import timm

    net = timm.create_model(f"local-dir:{m.card.folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(net))
    with torch.inference_mode():
        return net(torch.stack([transform(picture) for picture in pictures])).softmax(-1).numpy()


def measure_core(settings: Settings, photos: Path) -> None:
    """The Workbench's answers: computed, and from the store."""
    bench = Workbench(settings)
    cards = [bench.card(name) for name in MODELS]
    bench.answer(recipes(bench, cards, photos / "cat.jpg"))  # loads both
    fresh, again = [], []
    for name in ("parrot.jpg", "owl.jpg", "hot_dog.jpg", "pets.jpg", "dragonfly.png"):
        wanted = recipes(bench, cards, photos / name)
        fresh.append(seconds(partial(bench.answer, wanted)))
        reopened = Workbench(settings)
        again.append(seconds(partial(reopened.answer, wanted)))
        reopened.close()
    bench.close()
    report("core: a new photo, both models", f"{statistics.median(fresh):.3f} s")
    report("core: again, from the store", f"{statistics.median(again):.4f} s", "0.1 s")


def recipes(bench: Workbench, cards: list[zoo.Card], photo: Path) -> list:
    """One photo for all models."""
    picture = bench.pictures.keep(images.read(photo), "benchmark")
    return [tasks.scores_recipe(card, picture) for card in cards]


def measure_catalog() -> None:
    """The table of all CNNs, where their weights are read live."""
    first = seconds(zoo.catalog)
    later = statistics.median(seconds(zoo.catalog) for _ in range(REPEATS))
    report(f"catalogue of {len(zoo.catalog()):,} models, first", f"{first:.3f} s", "0.2 s")
    report("catalogue, later", f"{later:.4f} s", "0.2 s")


@contextmanager
def served(store: str) -> Iterator[tuple[str, psutil.Process, float]]:
    """The app as a server of its own: its address, process and when it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true",
         "--server.address=127.0.0.1", f"--server.port={port}"],
        env={**os.environ, "ZOOSCOPE_STORE": store},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        while not healthy(f"{url}/_stcore/health"):
            time.sleep(0.05)
        yield url, psutil.Process(server.pid), started
    finally:
        server.terminate()
        server.wait()


def healthy(url: str) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def measure_browser(photos: Path) -> None:
    """What a person sees in Chromium, which is up before the server is."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as store:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        with served(store) as (url, server, started):
            page.goto(url)
            page.get_by_role("heading", name="What is it?").wait_for()
            report("server start to a usable page", since(started), "10 s")
            wait_for_top(page, "Egyptian cat")
            report("server start to the first bars", since(started))
            report("a new 512-px photo, click to bars", f"{clicked(page, photos):.2f} s", "0.5 s")
            report("page to page, warm", f"{switched(page):.2f} s", "0.5 s")
            memory = server.memory_info().rss / 1e9
            report("server's memory, two MobileNets loaded", f"{memory:.2f} GB", "1.3 GB")
        browser.close()


def clicked(page, photos: Path) -> float:
    """Median time from giving a photo to the first model's bars."""
    times = []
    for name, label in UPLOADS.items():
        photo = at_512(photos / name)
        page.wait_for_timeout(1000)  # a person looks before uploading the next
        start = time.perf_counter()
        page.set_input_files("input[type=file]", photo)
        wait_for_top(page, label)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def switched(page) -> float:
    """Median time from a click on a page's link to its heading."""
    times = []
    for _ in range(REPEATS):
        for link, heading in (("Models", "Models"), ("Predict", "What is it?")):
            page.wait_for_timeout(1000)
            start = time.perf_counter()
            page.get_by_role("link", name=link).click()
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def wait_for_top(page, label: str) -> None:
    """Wait until the first model's top bar names this class."""
    page.wait_for_function(
        """label => {
            const top = document.querySelector("[data-testid=stPlotlyChart] text.bartext");
            return top && top.textContent.startsWith(label);
        }""",
        arg=label,
        polling=20,
        timeout=60_000,
    )


def since(start: float) -> str:
    """Seconds since then, to print."""
    return f"{time.perf_counter() - start:.1f} s"


def at_512(path: Path) -> "FilePayload":
    """A photo with its longer side at 512 px, as a file to upload."""
    picture = images.read(path)
    picture.thumbnail((512, 512))
    return {"name": path.name, "mimeType": "image/png", "buffer": images.png(picture)}


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(what: str, reached: str, goal: str = "") -> None:
    """One line: what, the figure, and what it had to reach."""
    print(f"{what:52} {reached:>12}   {f'goal {goal}' if goal else ''}", flush=True)


if __name__ == "__main__":
    main()
