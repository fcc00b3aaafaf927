"""What a user waits for on the pages Saliency and Maps, in Chromium.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.pages

Nothing else should run meanwhile. Takes about five minutes.
"""

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.app import FLAGS, MODELS, UPLOADS, at_512, report, served
from core.settings import Settings

BUNDLED = [f"bundled/scenes-{name}" for name in ("mobilenet", "regnet", "resnet", "convnext")]
FAMILY = ["Grad-CAM", "Grad-CAM++", "XGrad-CAM", "LayerCAM", "Eigen-CAM"]
QUICK = [*FAMILY, "Gradient", "Gradient × input", "Guided backpropagation"]
POINTS = "scenes:2000~7"
WAIT = 300_000


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    photos = Settings.from_environment().models[0].parent / "photos"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as store:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(WAIT)
        with served(store) as (url, _, _):
            goals = ((MODELS, FAMILY, "1.5 s"), (BUNDLED, QUICK, "5 s"))
            for models, methods, goal in goals:
                new, again = explained(page, url, photos, models, methods)
                what = f"{len(methods)} methods × {len(models)} networks"
                report(f"{what}, a new photo", f"{new:.2f} s", goal)
                report(f"{what}, from the store", f"{again:.2f} s", "0.3 s")
            report("lasso on 2,000 points to thumbnails", f"{lassoed(page, url):.2f} s", "1.5 s")
        browser.close()


def explained(
    page, url: str, photos: Path, models: Sequence[str], methods: Sequence[str]
) -> tuple[float, float]:
    """Median times from giving a photo to the last of its maps: a new one, one that was there."""
    asked = urlencode({"models": models, "methods": methods, "picture": "photo:chelsea"}, True)
    page.goto(f"{url}/saliency?{asked}")
    count = len(models) * len(methods)
    wait_for_maps(page, count, [])
    times: list[list[float]] = [[], []]
    for round_ in times:
        for name in UPLOADS:
            photo = at_512(photos / name)
            page.wait_for_timeout(4000)  # what the page computes after its maps
            before = maps(page)
            start = time.perf_counter()
            page.set_input_files("input[type=file]", photo)
            wait_for_maps(page, count, before)
            round_.append(time.perf_counter() - start)
    new, again = map(statistics.median, times)
    return new, again


SHOWN = """[...document.querySelectorAll("[data-testid=stImage] img")]
    .filter(img => / of /.test(img.alt) && img.complete && img.naturalWidth).map(img => img.src)"""


def maps(page) -> list[str]:
    """The addresses of the maps that are shown."""
    return list(page.evaluate(SHOWN))


def wait_for_maps(page, count: int, before: Sequence[str]) -> None:
    """Wait until so many maps are there of which none was before."""
    page.wait_for_function(
        f"""([count, before]) => {{
            const shown = {SHOWN};
            return shown.length >= count && !shown.some(src => before.includes(src));
        }}""",
        arg=[count, list(before)],
        polling=20,
    )


def lassoed(page, url: str) -> float:
    """Time from letting go of a lasso on one of two maps to the chosen pictures."""
    asked = urlencode({"models": BUNDLED[:2], "set": POINTS, "picture": "scene:wolf~7"}, True)
    page.goto(f"{url}/maps?{asked}")
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
