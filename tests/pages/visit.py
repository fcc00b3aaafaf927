"""A visit to the app in a test: opening pages, waiting for results, and reading what is shown."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest

from pages.parts.shared.markdown import WORD_JOINER

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"
EFFICIENTNET_TITLE = EFFICIENTNET.rpartition("/")[2]
REGNET, BIASED = "bundled/scenes-regnet", "bundled/scenes-mobilenet-biased"
PICTURE = "scene:wolf~7"
# Seconds after which a condition that should become true is a failure.
LONGEST_WAIT = 120
# Seconds between two runs of a page. They grow, because runs take time from the computation.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 0.8


def open_page(
    app: AppTest, page: str, models: Sequence[str], picture: str = PICTURE, **parameters: object
) -> AppTest:
    """Open a page by a link, and wait for its results.

    Args:
        app: The app.
        page: Name of the page's file.
        models: The networks.
        picture: Reference of the picture.
        **parameters: Further parameters of the link.
    """
    app.query_params["models"] = list(models)
    app.query_params["picture"] = picture
    app.run()
    app.switch_page(f"pages/{page}.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    return run_until_complete(app)


def run_until_complete(app: AppTest) -> AppTest:
    """Run the page again, as its progress bars do, until no result is missing."""
    return run_until(app, lambda: not app.get("progress") and not app.get("skeleton"))


def run_until(app: AppTest, condition: Callable[[], object]) -> AppTest:
    """Run the page again until a condition is true; fail where it does not become true."""
    until = time.monotonic() + LONGEST_WAIT
    pause = SHORTEST_PAUSE
    while time.monotonic() < until:
        app.run()
        assert not app.exception, app.exception
        if condition():
            return app
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    raise AssertionError(f"The page never got there; it says: {texts(app)}")


def texts(app: AppTest) -> str:
    """Return all that the page says in words, without what escapes Markdown."""
    elements = [
        *app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.success,
        *app.warning, *app.error,
    ]  # fmt: skip
    shown = "\n".join(str(element.value) for element in elements)
    return shown.replace("\\", "").replace(WORD_JOINER, "")


def pictures(app: AppTest) -> list[str]:
    """Return what the page's pictures are described as; not the picture in the sidebar."""
    return [img.alt for image in app.main.get("image") for img in image.proto.imgs]


def tiles(app: AppTest) -> list[dict[str, Any]]:
    """Return what the tiles of the page's picture grids show, in order.

    AppTest has no clicks on components: a test chooses in the pickers below the grid instead, and
    the browser tests click.
    """
    grids = [grid.proto for grid in app.main.get("bidi_component")]
    data = [json.loads(grid.json) for grid in grids if "picture_grid" in grid.component_name]
    return [tile for grid in data for tile in grid["tiles"]]


def charts(app: AppTest) -> list[str]:
    """Return what the page's charts are described as."""
    return [chart.proto.alt for chart in app.main.get("plotly_chart")]


def chart(app: AppTest, words: str) -> str:
    """Return the JSON of the chart that is described with these words."""
    element = next(each for each in app.get("plotly_chart") if words in each.proto.alt)
    return json.dumps(json.loads(element.proto.spec))


def link_labels(app: AppTest) -> list[str]:
    """Return the texts of the links to pages."""
    return [link.proto.label.replace("\\", "") for link in app.get("page_link")]


def link_queries(app: AppTest) -> list[str]:
    """Return the query strings of the links to pages."""
    return [link.proto.query_string for link in app.get("page_link")]


def download_labels(app: AppTest) -> list[str]:
    """Return the texts of the download buttons."""
    return [button.label.replace("\\", "") for button in app.get("download_button")]


def button_labels(app: AppTest) -> list[str]:
    """Return the texts of the buttons on the page and in the sidebar."""
    return [button.label for button in app.button]


def click(app: AppTest, label: str) -> AppTest:
    """Click the button with this text, and wait for the results."""
    next(button for button in app.button if button.label == label).click()
    return run_until_complete(app)


def go_back(app: AppTest, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> AppTest:
    """Run the app as the browser's Back does: widgets take the values of the URL."""
    app.query_params.clear()
    for name, value in parameters.items():
        app.query_params[name] = value
    module = "streamlit.testing.v1.local_script_runner.RerunData"
    with monkeypatch.context() as patch:
        patch.setattr(module, partial(RerunData, is_history_navigation=True))
        app.run()
    assert not app.exception
    return run_until_complete(app)
