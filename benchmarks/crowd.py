"""Open eight sessions in Chromium on one server, one of them hostile, and check what they see.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.crowd [--minutes 3]

Run nothing else at the same time.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psutil

from benchmarks.app import CHROMIUM_FLAGS, MODELS, served
from benchmarks.hostile import jpegs, other_formats, pngs, zips
from core import predict, zoo
from core.pictures import Pictures

VISITORS = 7
PICTURES = (
    "photo:chelsea", "photo:coffee", "photo:rocket", *(f"scene:cat~{seed}" for seed in range(8)),
)  # fmt: skip
# Pages that visitors open between predictions, with their parameters.
PAGES: Sequence[tuple[str, Mapping[str, str]]] = (
    ("neurons", {"neurons_layer": "blocks.1.1"}), ("layers", {}), ("saliency", {}),
    ("compare_neurons", {}), ("maps", {"set": "scenes:200~7"}), ("trust", {}), ("scenes", {}),
    ("compare", {"set": "scenes:200~7"}), ("models", {}), ("train", {}), ("failures", {}),
    ("bias", {}),
)  # fmt: skip
DIGITS = "9" * 5000
HOSTILE_LINKS = (
    f"?picture=scene:wolf~{DIGITS}", "neurons?neurons_unit=inf", f"maps?maps_seed={DIGITS}",
    "maps?set=scenes:20000~7", "?models=local/../..", "saliency?picture=upload:../../etc/passwd",
    "compare?set=scenes:20000~8", "neurons?models=untrained/resnet50&neurons_layer=layer3.1",
)  # fmt: skip
HOSTILE_PICTURES: Sequence[Callable[[], bytes]] = (
    lambda: jpegs.with_scans(19_000), lambda: jpegs.with_segments(0xE5, 4_900_000),
    lambda: jpegs.with_scans(50, 8000, 5000), lambda: pngs.compressed(b"iCCP", 15_000),
    lambda: b"".join(pngs.black(8000, 5000)),
    lambda: other_formats.bmp_runs((3300, 3000), b"\1\0" * 9_900_000),
)  # fmt: skip
# Milliseconds that a visitor looks at a view, and after which one counts as stopped or slow.
LOOKING = 4_000, 12_000
LONGEST = 90_000
# Milliseconds between two looks at a page. Playwright's default, every frame, would take processor
# time from the server.
LOOK_AGAIN = 250
# JavaScript that returns the top classes of the networks on Predict once all are there.
TOP = """count => {
    const charts = [...document.querySelectorAll("[data-testid=stPlotlyChart]")];
    const tops = charts.map(chart => chart.querySelector("text.bartext")?.textContent);
    return tops.length >= count && tops.every(Boolean) && tops.map(top => top.split(" · ")[0]);
}"""
QUIET = """() => document.querySelector("h1") && !document.querySelector(
    "[data-testid=stAppSkeleton], [data-testid=stProgress], [data-testid=stSkeleton]")"""
ERRORS = "[data-testid=stException], [data-testid=stConnectionStatus]"


@dataclass
class Report:
    """What the visitors saw.

    Attributes:
        times: Seconds until a prediction was shown, first and when it was asked for again.
        counts: Numbers of views, and of everything that must not happen.
        examples: What was seen instead.
        browser_seconds: Processor time of Chromium's processes.
    """

    times: dict[str, list[float]] = field(default_factory=lambda: {"new": [], "again": []})
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    browser_seconds: float = 0.0

    def fault(self, kind: str, example: str) -> None:
        """Count something that must not happen."""
        self.counts[kind] += 1
        self.examples.append(f"{kind}: {example[:300]}")


def main() -> None:
    """Run the visitors and print what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    minutes = parser.parse_args().minutes
    truth = expected()
    hostile = [make() for make in HOSTILE_PICTURES]
    with tempfile.TemporaryDirectory() as store, served(store) as (url, server, _):
        report = asyncio.run(visit(url, truth, hostile, 60 * minutes))
        memory = server.memory_info().rss / 1e9
        print(f"processor time: server {processor_seconds(server):.0f} s,"
              f" browser {report.browser_seconds:.0f} s")  # fmt: skip
    for name, times in report.times.items():
        if times:
            worst = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            print(f"predictions, {name}: {len(times)}, median {statistics.median(times):.2f} s,"
                  f" 95th percentile {worst:.2f} s, most {max(times):.2f} s")  # fmt: skip
    print(dict(report.counts), f"server at the end: {memory:.2f} GB", *report.examples, sep="\n")


def expected() -> dict[str, list[str]]:
    """Return the top class of both networks for each picture, computed in this process."""
    pictures = Pictures()
    found = [pictures.find(reference).image for reference in PICTURES]
    ranked = [predict.top_classes(zoo.load(name), found, 1) for name in MODELS]
    return {
        reference: [tops[index][0].label for tops in ranked]
        for index, reference in enumerate(PICTURES)
    }


async def visit(
    url: str, truth: Mapping[str, Sequence[str]], hostile: Sequence[bytes], seconds: float
) -> Report:
    """Let all visitors go on for some time."""
    from playwright.async_api import async_playwright

    report, until = Report(), time.monotonic() + seconds
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        pages = [await (await browser.new_context()).new_page() for _ in range(VISITORS + 1)]
        for page in pages:
            page.set_default_timeout(LONGEST)
        honest = [
            honest_visit(page, url, truth, random.Random(seed), until, report)
            for seed, page in enumerate(pages[1:])
        ]
        await asyncio.gather(hostile_visit(pages[0], url, hostile, until, report), *honest)
        report.browser_seconds = sum(
            processor_seconds(child) for child in psutil.Process().children()
        )
        await browser.close()
    return report


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time of a process and its descendants."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


async def honest_visit(page, url, truth, dice, until: float, report: Report) -> None:
    """Look at predictions, each twice, and at other pages, until the time is over."""
    from playwright.async_api import Error

    while time.monotonic() < until:
        picture = dice.choice(PICTURES)
        name, parameters = dice.choice(PAGES)
        try:
            for kind in ("new", "again"):
                await predict_once(page, url, picture, truth[picture], kind, report)
                await page.wait_for_timeout(dice.uniform(*LOOKING))
            query = urlencode({"models": MODELS, "picture": picture, **parameters}, doseq=True)
            await page.goto(f"{url}/{name}?{query}")
            await page.wait_for_function(QUIET, polling=LOOK_AGAIN)
            await check(page, name, report)
            await page.wait_for_timeout(dice.uniform(*LOOKING))
        except Error as error:
            if time.monotonic() < until + LONGEST / 1000:
                works = await page.get_by_test_id("stProgress").count()
                report.fault("slow, with progress" if works else "stopped", f"{name}: {error}")


async def predict_once(page, url, picture, labels, kind: str, report: Report) -> None:
    """Open Predict, wait for both networks, and compare their top classes with the expected."""
    start = time.monotonic()
    query = urlencode({"models": MODELS, "picture": picture}, doseq=True)
    await page.goto(f"{url}/predict?{query}")
    shown = await (
        await page.wait_for_function(TOP, arg=len(MODELS), polling=LOOK_AGAIN)
    ).json_value()
    report.times[kind].append(time.monotonic() - start)
    if not all(label.startswith(top) for label, top in zip(labels, shown, strict=True)):
        report.fault("wrong results", f"{picture}: {shown} instead of {labels}")
    await check(page, "predict", report)


async def check(page, name: str, report: Report) -> None:
    """Count a view, and the exceptions that it shows."""
    report.counts["views"] += 1
    for text in await page.locator(ERRORS).all_inner_texts():
        report.fault("exceptions", f"{name}: {text}")


async def hostile_visit(page, url, pictures: Sequence[bytes], until: float, report: Report) -> None:
    """Upload hostile pictures and zips and open hostile links, one after the other."""
    from playwright.async_api import Error

    for action in itertools.cycle(hostile_actions(pictures)):
        if time.monotonic() > until:
            return
        try:
            path, file = action
            await page.goto(f"{url}/{path}")
            await page.locator("h1").wait_for()
            if file:
                await upload(page, path, file)
            await page.wait_for_timeout(3000)
            await check(page, f"hostile {path[:60]}", report)
        except Error as error:
            report.counts["hostile actions that failed"] += 1
            report.examples.append(f"hostile {action[0][:60]}: {str(error)[:200]}")


async def upload(page, path: str, file: dict[str, object]) -> None:
    """Upload a picture in the sidebar, or a zip on another page than the first."""
    place = page.locator("[data-testid=stMain]" if path else "[data-testid=stSidebar]")
    if path:
        await place.get_by_text("Which pictures", exact=True).click()
        await place.get_by_role("radio", name="Upload").click()
    await place.locator("input[type=file]").first.set_input_files(file)


def hostile_actions(pictures: Sequence[bytes]) -> Iterator[tuple[str, dict[str, object] | None]]:
    """Yield the address of a page, and a file to upload there."""
    for index, data in enumerate(pictures):
        yield HOSTILE_LINKS[index], None
        yield "", {"name": f"{index}.jpg", "mimeType": "image/jpeg", "buffer": data}
        archive = zips.zipped(data, 50 if len(data) < 100_000 else 2, "jpg")
        yield "maps", {
            "name": f"{index}.zip", "mimeType": "application/zip", "buffer": archive,
        }  # fmt: skip
    for link in HOSTILE_LINKS[len(pictures) :]:
        yield link, None


if __name__ == "__main__":
    main()
