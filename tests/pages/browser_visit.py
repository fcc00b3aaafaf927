"""A visit to the app in Chromium: reading the URL, choosing, and waiting for what is shown."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlparse

# Networks with real weights, of classes of ImageNet.
PRETRAINED = ("local/mobilenetv1_100.coral", "local/mobilenetv2_100.coral")

# Milliseconds that an element may move, and between two looks at it.
PATIENCE, LOOK_AGAIN = 60_000, 250

# JavaScript that is true when nothing is missing on the page and nothing changes for a second.
SETTLED = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const waits = "stProgress stSkeleton stAppSkeleton stSpinner".split(" ");
    const busy = !app || app.dataset.testScriptState !== "notRunning"
        || !document.querySelector("h1")
        || waits.some(id => document.querySelector(`[data-testid=${id}]`));
    const text = document.body.innerText;
    const [before, since] = window.lastLook || ["", 0];
    if (busy || text !== before) {
        window.lastLook = [busy ? "" : text, Date.now()];
        return false;
    }
    return Date.now() - since > 1000;
}"""


def query(
    models: Sequence[str] = PRETRAINED, picture: str = "photo:chelsea", **more: object
) -> str:
    """Return the query of a link.

    Args:
        models: The networks.
        picture: Reference of the picture.
        **more: Further parameters.
    """
    return "?" + urlencode({"picture": picture, "models": list(models), **more}, doseq=True)


def parameters(page) -> dict[str, list[str]]:
    """Return the parameters in the page's URL."""
    return parse_qs(urlparse(page.url).query)


def wait_until_settled(page) -> None:
    """Wait until all results are shown, and the page has stopped changing."""
    page.wait_for_function(SETTLED, polling=100)


def steady_box(page, locator) -> dict[str, float]:
    """Return the box of an element once it has stopped moving: the page settles around it."""
    box: dict[str, float] | None = None
    for _ in range(PATIENCE // LOOK_AGAIN):
        earlier, box = box, locator.bounding_box()
        if box and box == earlier:
            return box
        page.wait_for_timeout(LOOK_AGAIN)
    raise AssertionError(f"the element still moves: {box}")


def choose(page, label: str, option: str) -> None:
    """Choose an option of a select box as a person does: type it, and click on it."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    page.keyboard.press("Escape")  # an open list hides the rest of the page from roles


def wait_for_top_classes(page, *labels: str) -> None:
    """Wait until the longest bars of the networks have these labels, in this order."""
    page.wait_for_function(
        """labels => {
            const charts = [...document.querySelectorAll("[data-testid=stPlotlyChart]")];
            const tops = charts.map(chart => chart.querySelector("text.bartext")?.textContent);
            return tops.map(top => top?.split(" · ")[0]).join() === labels.join();
        }""",
        arg=list(labels),
    )


def saved_text(download) -> str:
    """Return the text of a downloaded file."""
    with open(download.path(), encoding="utf-8") as file:
        return file.read()
