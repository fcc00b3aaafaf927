"""Measure how long the page Overview takes: at start-up, and for a new photograph.

    python -m benchmarks.overview

Run nothing else at the same time. Needs Chromium, and photographs in ../shared/photos.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.app import CHROMIUM_FLAGS, UPLOADS, at_512, report, served

NETWORKS = ("installed/efficientnet-lite0", "installed/efficientnet-lite2")
PHOTOS = Path("../shared/photos")
STARTS = 3
# Milliseconds.
TIMEOUT = 300_000
# JavaScript: whether the bars of all networks are drawn, and whether nothing is missing any more.
BARS = f"document.querySelectorAll('[data-testid=stPlotlyChart] .bars').length >= {len(NETWORKS)}"
ALL = f"""{BARS} && [...document.querySelectorAll('[data-testid=stImage] img')]
    .every(img => img.complete) && !document.querySelector('[data-testid=stProgress]')
    && !/Testing its|Comparing|counting votes/.test(document.body.innerText)"""


def main() -> None:
    """Run all measurements and print their figures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        starts = [time_start(browser) for _ in range(STARTS)]
        titles, first, complete = map(statistics.median, zip(*starts, strict=True))
        report("new server, link to the title", f"{titles:.2f} s")
        report("new server, title to the bars", f"{first - titles:.2f} s", "1 s")
        report("new server, title to all", f"{complete - titles:.2f} s", "2 s")
        first, complete = time_new_photographs(browser)
        report("a new photograph, upload to the bars", f"{first:.2f} s", "1 s")
        report("a new photograph, upload to all", f"{complete:.2f} s", "10 s")
        browser.close()


def time_start(browser) -> tuple[float, float, float]:
    """Return the times from the link to title, bars, and everything, on a new server."""
    with tempfile.TemporaryDirectory() as store, served(store) as (url, _, _):
        page = new_page(browser)
        start = time.perf_counter()
        page.goto(address(url))
        page.get_by_role("heading", name="Zooscope").wait_for()
        title = time.perf_counter() - start
        page.wait_for_function(BARS, polling=20)
        bars = time.perf_counter() - start
        page.wait_for_function(ALL, polling=20)
        complete = time.perf_counter() - start
        page.context.close()
    return title, bars, complete


def time_new_photographs(browser) -> tuple[float, float]:
    """Return median times from uploading a photograph to its bars, and to everything."""
    times = []
    with tempfile.TemporaryDirectory() as store, served(store) as (url, _, _):
        page = new_page(browser)
        page.goto(address(url))
        page.wait_for_function(ALL, polling=20)
        for name, label in UPLOADS.items():
            photo = at_512(PHOTOS / name)
            page.wait_for_timeout(2000)  # a person looks before uploading the next
            start = time.perf_counter()
            page.set_input_files("input[type=file]", photo)
            page.locator(f"[data-testid=stPlotlyChart]:has-text('{label}')").first.wait_for()
            bars = time.perf_counter() - start
            page.wait_for_function(ALL, polling=20)
            times.append((bars, time.perf_counter() - start))
    first, complete = map(statistics.median, zip(*times[1:], strict=True))  # the first loads both
    return first, complete


def new_page(browser):
    """Return a page in a context of its own."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(TIMEOUT)
    return page


def address(url: str) -> str:
    """Return the link to the page with the start-up choice."""
    query = urlencode({"models": NETWORKS, "picture": "photo:chelsea"}, doseq=True)
    return f"{url}/?{query}"


if __name__ == "__main__":
    main()
