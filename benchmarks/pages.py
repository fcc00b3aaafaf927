"""Measure what users wait for on the Saliency and Maps pages, in Chromium.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.pages

Run nothing else at the same time. Takes about five minutes.
"""

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.app import CHROMIUM_FLAGS, MODELS, UPLOADS, at_512, report, served
from core.settings import Settings

BUNDLED = [f"bundled/scenes-{name}" for name in ("mobilenet", "regnet", "resnet", "convnext")]
CAM_METHODS = ["Grad-CAM", "Grad-CAM++", "XGrad-CAM", "LayerCAM", "Eigen-CAM"]
FAST_METHODS = [*CAM_METHODS, "Gradient", "Gradient × input", "Guided backpropagation"]
SET_REFERENCE = "scenes:2000~7"
# Milliseconds.
TIMEOUT = 300_000


def main() -> None:
    """Run all measurements and print their figures."""
    from playwright.sync_api import sync_playwright

    photos = Settings.from_environment().models[0].parent / "photos"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as store:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(TIMEOUT)
        with served(store) as (url, _, _):
            goals = ((MODELS, CAM_METHODS, "1.5 s"), (BUNDLED, FAST_METHODS, "5 s"))
            for models, methods, goal in goals:
                new, stored = time_explanations(page, url, photos, models, methods)
                name = f"{len(methods)} methods × {len(models)} networks"
                report(f"{name}, a new photo", f"{new:.2f} s", goal)
                report(f"{name}, from the store", f"{stored:.2f} s", "0.3 s")
            lasso = time_lasso(page, url)
            report("lasso on 2,000 points to thumbnails", f"{lasso:.2f} s", "1.5 s")
        browser.close()


def time_explanations(
    page, url: str, photos: Path, models: Sequence[str], methods: Sequence[str]
) -> tuple[float, float]:
    """Return median times from uploading a photo to its last saliency map: new, and stored."""
    query = urlencode(
        {"models": models, "methods": methods, "picture": "photo:chelsea"}, doseq=True
    )
    page.goto(f"{url}/saliency?{query}")
    count = len(models) * len(methods)
    wait_for_maps(page, count, [])
    times: list[list[float]] = [[], []]
    for round_times in times:
        for name in UPLOADS:
            photo = at_512(photos / name)
            page.wait_for_timeout(4000)  # the page computes more after its maps
            before = visible_maps(page)
            start = time.perf_counter()
            page.set_input_files("input[type=file]", photo)
            wait_for_maps(page, count, before)
            round_times.append(time.perf_counter() - start)
    new, stored = map(statistics.median, times)
    return new, stored


# JavaScript that lists the addresses of the saliency maps on the page.
VISIBLE_MAPS = """[...document.querySelectorAll("[data-testid=stImage] img")]
    .filter(img => / of /.test(img.alt) && img.complete && img.naturalWidth).map(img => img.src)"""


def visible_maps(page) -> list[str]:
    """Return the addresses of the saliency maps on the page."""
    return list(page.evaluate(VISIBLE_MAPS))


def wait_for_maps(page, count: int, before: Sequence[str]) -> None:
    """Wait until the page shows at least `count` maps, none of which is in `before`."""
    page.wait_for_function(
        f"""([count, before]) => {{
            const visible = {VISIBLE_MAPS};
            return visible.length >= count && !visible.some(src => before.includes(src));
        }}""",
        arg=[count, list(before)],
        polling=20,
    )


def time_lasso(page, url: str) -> float:
    """Return the time from releasing a lasso on one of two maps to the selected pictures."""
    parameters = {"models": BUNDLED[:2], "set": SET_REFERENCE, "picture": "scene:wolf~7"}
    query = urlencode(parameters, doseq=True)
    page.goto(f"{url}/maps?{query}")
    page.get_by_text(re.compile("Trustworthiness")).nth(1).wait_for()
    page.wait_for_timeout(5000)
    box = page.locator("[data-testid=stPlotlyChart] .nsewdrag").first.bounding_box()
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = left + box["width"] - 8, top + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    start = time.perf_counter()
    page.mouse.up()
    page.get_by_alt_text(re.compile(r"^Picture \d+: ")).nth(23).wait_for()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
