"""Journeys in Chromium about maps and comparisons: Saliency, Trust, Maps, and Compare."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError

from core.interventions import area_cells
from tests.pages.browser_visit import (
    PRETRAINED,
    parameters,
    query,
    saved_text,
    steady_box,
    wait_until_settled,
)

pytestmark = pytest.mark.browser

MOBILENET = PRETRAINED[1]
# Pictures of their units ship with them.
SCENES_NETWORKS = ("bundled/scenes-mobilenet", "bundled/scenes-mobilenet-biased")
# JavaScript that is true when an element is in the upper half of the window.
IN_VIEW = """selector => {
    const top = document.querySelector(selector).getBoundingClientRect().top;
    return top >= 0 && top < innerHeight / 2;
}"""


def test_saliency_shows_the_clicked_map_large_and_keeps_it_in_the_url(real_app, new_page):
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{real_app}/saliency{query(methods=['Grad-CAM', 'StageCAM'])}")
    page.get_by_alt_text("StageCAM of mobilenetv2_100.coral", exact=True).wait_for()
    first = page.get_by_alt_text("Grad-CAM of mobilenetv1_100.coral", exact=True)
    box = steady_box(page, first)
    assert box["y"] + box["height"] < 800  # on the first screen of a laptop
    tile = page.get_by_role("button").filter(has=page.get_by_alt_text(
        "StageCAM of mobilenetv2_100.coral", exact=True))  # fmt: skip
    tile.locator("img").click()
    page.wait_for_url(re.compile("method=StageCAM"))
    page.wait_for_function(IN_VIEW, arg=".st-key-saliency_enlarged h3")
    wait_until_settled(page)
    assert parameters(page)["model"] == [MOBILENET.rpartition("/")[2]]
    assert page.locator("[data-testid=stMetricValue]").count() == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = saved_text(download.value).splitlines()
    assert len(rows) == 224
    assert len(rows[0].split(",")) == 224

    other = new_page()
    other.goto(page.url)
    other.get_by_label("StageCAM of mobilenetv2_100.coral, with its scale").wait_for()


def test_trust_shows_the_picture_at_a_step_and_keeps_the_measure_in_the_url(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/trust{query(methods=['Grad-CAM', 'Gradient'])}")
    page.get_by_alt_text("The picture at this step of deletion").wait_for()
    page.get_by_text("overlap of the top tenth").click()
    page.wait_for_url(re.compile("trust_by="))
    wait_until_settled(page)
    assert parameters(page)["trust_by"] == ["overlap of the top tenth"]
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    assert len(saved_text(download.value).splitlines()) == 2 * 2 + 1


def test_compare_keeps_the_clicked_cell_and_the_view_in_the_url(real_app, new_page):
    page = new_page()
    link = query(SCENES_NETWORKS, set="scenes:12~7", compare_view="Layer similarity")
    page.goto(f"{real_app}/compare{link}")
    wait_until_settled(page)
    _click_lower_left_cell(page)
    page.get_by_alt_text(f"of conv_stem in {SCENES_NETWORKS[1]} looks for").first.wait_for()
    assert parameters(page)["compare_row"] == ["conv_stem"]
    assert parameters(page)["compare_column"] == ["conv_stem"]
    wait_until_settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    assert saved_text(download.value).startswith(",conv_stem,")

    other = new_page()
    other.goto(page.url)
    other.get_by_alt_text(f"of conv_stem in {SCENES_NETWORKS[1]} looks for").first.wait_for()

    page.get_by_text("Agreement", exact=True).click()
    page.get_by_text("Disagreements only").click()
    page.get_by_alt_text("Picture 0: bear").wait_for()
    page.wait_for_url(re.compile("compare_disagreed=false"))
    page.get_by_text("Cost and accuracy", exact=True).click()
    page.get_by_text("Measured on this machine").wait_for()
    wait_until_settled(page)
    tables = page.locator("[data-testid=stDataFrame]").filter(has_text="scenes-mobilenet-biased")
    assert tables.count() == 2


def _click_lower_left_cell(page) -> None:
    """Click the cell of the first layers, not in its middle, where its invisible marker is.

    A click while the page draws the chart again is lost; a person clicks once more.
    """
    chosen = re.compile("compare_row=conv_stem")
    for _ in range(6):
        chart = page.locator(".js-plotly-plot .nsewdrag").first
        chart.scroll_into_view_if_needed()
        box = steady_box(page, chart)
        page.mouse.move(box["x"] + 1, box["y"] + box["height"] - 9)
        page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 8)
        page.locator(".hoverlayer text").first.wait_for()
        page.mouse.down()
        page.mouse.up()
        with suppress(TimeoutError):
            page.wait_for_url(chosen, timeout=20_000)
            return
    raise AssertionError("six clicks on a cell did not choose it")


def test_maps_selects_the_lassoed_pictures_on_all_maps(real_app, new_page):
    page = new_page()
    link = query(set="scenes:28~7", maps_iterations=50, maps_perplexity=5)
    page.goto(f"{real_app}/maps{link}")
    wait_until_settled(page)
    _lasso_upper_half(page)
    page.wait_for_url(re.compile("maps_chosen="))
    indices = parameters(page)["maps_chosen"][0]
    count = _count(indices)
    assert 1 <= count < 28
    page.get_by_alt_text(re.compile("^Where mobilenetv2_100.coral saw")).first.wait_for()
    wait_until_settled(page)
    assert page.get_by_alt_text(re.compile(r"^Picture \d+: ")).count() == min(count, 24)
    page.wait_for_function(
        """count => [...document.querySelectorAll("[data-testid=stPlotlyChart]")].filter(chart =>
            [...chart.querySelectorAll(".scatterlayer .point")]
                .filter(point => getComputedStyle(point).opacity > 0.9).length === count
        ).length === 2""",
        arg=count,
    )
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Coordinates, CSV").click()
    assert len(saved_text(download.value).splitlines()) == 28 + 1

    other = new_page()
    other.goto(page.url)
    wait_until_settled(other)
    assert other.get_by_alt_text(re.compile(r"^Picture \d+: ")).count() == min(count, 24)
    assert parameters(other)["maps_chosen"] == [indices]


def _lasso_upper_half(page) -> None:
    """Draw a lasso around the upper half of the first map."""
    chart = page.locator("[data-testid=stPlotlyChart] .nsewdrag").first
    box = steady_box(page, chart)
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = left + box["width"] - 8, top + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def _count(indices: str) -> int:
    """Return how many indices a text such as "3,7,12-19" has."""
    runs = [[int(end) for end in run.split("-")] for run in indices.split(",")]
    return sum(run[-1] - run[0] + 1 for run in runs)


def test_an_area_is_dragged_and_drawn_with_the_keyboard(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/bias{query(bias_tool='Box')}")
    canvas = page.get_by_role("application")
    wait_until_settled(page)
    box = steady_box(page, canvas)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.74, box["y"] + box["height"] * 0.74, steps=4)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('bias_area')")
    dragged = area_cells(parameters(page)["bias_area"][0])
    assert dragged[8:24, 8:24].all()
    assert dragged.sum() == 16 * 16
    wait_until_settled(page)
    page.get_by_role("button").filter(has_text="Background grey").wait_for()

    canvas.focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    page.wait_for_function(
        "before => new URLSearchParams(location.search).get('bias_area') !== before",
        arg=parameters(page)["bias_area"][0],
    )
    assert area_cells(parameters(page)["bias_area"][0]).sum() == 4
