"""Journeys in Chromium through the frame: links to pages, the navigation, and narrow screens."""

import re

import pytest
from playwright.sync_api import expect

from pages.parts.shared.frame import PAGES
from tests.pages.browser_visit import (
    choose,
    parameters,
    query,
    wait_for_top_classes,
    wait_until_settled,
)
from tests.pages.visit import PICTURE, RESNET

pytestmark = pytest.mark.browser

NAMES = [name for name, *_ in PAGES]
TITLES = {name: title for name, _, title, *_ in PAGES}
# A link's parameters with which every page has its results soon: pictures of units are bundled.
QUICK = query(
    ["bundled/scenes-mobilenet", "bundled/scenes-resnet"], "scene:wolf~7",
    neurons_layer="logits", set="scenes:12~7", methods="Grad-CAM",
    maps_iterations=50, maps_perplexity=5,
)  # fmt: skip
SMALL = query([RESNET], PICTURE, set="scenes:12~7")
PHONE = {"viewport": {"width": 390, "height": 844}}
# JavaScript that records whether the page was ever said to be missing.
WATCH_FOR_MISSING_PAGE = """() => {
    window.pageWasMissing = false;
    new MutationObserver(() => {
        window.pageWasMissing ||= document.body?.innerText.includes("Page not found");
    }).observe(document, {childList: true, subtree: true});
}"""
# JavaScript that returns how much wider than its frame the content is, in pixels.
OVERFLOW = """() => Math.max(
    ...[document.scrollingElement, document.querySelector("[data-testid=stMain]")]
        .map(element => element.scrollWidth - element.clientWidth))"""


def address(app: str, name: str) -> str:
    """Return the address of a page; the first page has no name in it."""
    return f"{app}/{'' if name == NAMES[0] else name}"


def open_in_frame(page, url: str, name: str) -> None:
    """Open a page and check that it is the one in the frame, and was never missing."""
    page.goto(url)
    page.get_by_role("heading", level=1).wait_for()
    page.locator("input[type=file]").first.wait_for(state="attached")
    navigation = page.locator("[data-testid=stSidebarNav]")
    assert navigation.locator("a p").all_inner_texts() == list(TITLES.values())
    assert navigation.locator("a[aria-current=page] p").all_inner_texts() == [TITLES[name]]
    assert not page.evaluate("window.pageWasMissing")


def test_a_link_to_a_page_works_as_the_first_request_of_a_new_server(serve, made_models, new_page):
    page = new_page()
    page.add_init_script(f"({WATCH_FOR_MISSING_PAGE})()")
    open_in_frame(page, address(serve(made_models), "saliency"), "saliency")


def test_a_link_to_every_page_shows_it_in_the_frame(small_app, new_page):
    page = new_page()
    page.add_init_script(f"({WATCH_FOR_MISSING_PAGE})()")
    headings = set()
    for name in NAMES:
        open_in_frame(page, address(small_app, name) + SMALL, name)
        expect(page).to_have_title(f"{TITLES[name]} · Zooscope", timeout=60_000)
        headings.add(page.get_by_role("heading", level=1).inner_text())
    assert len(headings) == len(NAMES)


def test_settings_of_one_page_do_not_disturb_another(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/saliency{query(methods='Grad-CAM', expert='true')}")
    page.get_by_text("shared", exact=True).click()
    page.wait_for_url(re.compile("saliency_scale=shared"))
    wait_until_settled(page)
    page.get_by_role("link", name="Scenes").click()
    choose(page, "^Object", "house")
    page.get_by_text("Size (share of the frame)").click()
    page.get_by_role("slider", name="Size").press("ArrowRight")
    page.wait_for_url(re.compile("scenes_scale="))
    wait_until_settled(page)
    assert page.locator("[data-testid=stException]").count() == 0
    assert "saliency_scale" not in parameters(page)

    page.get_by_role("button", name="Use this picture").click()
    page.wait_for_url(re.compile("picture=scene"))
    page.get_by_role("link", name="Saliency").click()
    page.get_by_alt_text("Grad-CAM of mobilenetv2_100.coral", exact=True).wait_for()
    wait_until_settled(page)
    reference = parameters(page)["picture"][0]
    assert reference.startswith("scene:house~7~scale=")
    assert parameters(page)["saliency_scale"] == ["shared"]


def test_an_old_link_opens_the_same_view_and_gets_the_new_parameters(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/predict{query(temperature='0.7', top=8)}")
    wait_for_top_classes(page, "Egyptian cat", "tiger cat")
    slider = page.get_by_role("slider", name="Softmax temperature")
    assert slider.get_attribute("aria-valuetext") == "0.7"
    page.wait_for_url(re.compile("predict_top=8"))
    assert parameters(page)["predict_temperature"] == ["0.7"]
    assert not {"temperature", "top"} & set(parameters(page))


def test_a_phone_shows_every_page_without_scrolling_sideways(small_app, new_page):
    page = new_page(**PHONE)
    for name in NAMES:
        page.goto(address(small_app, name) + QUICK)
        wait_until_settled(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(OVERFLOW) <= 0, (name, scheme)


def test_on_a_phone_a_line_leads_to_the_choice_and_another_page_closes_the_sidebar(
    small_app, new_page
):
    page = new_page(**PHONE)
    page.goto(address(small_app, "models") + QUICK)
    wait_until_settled(page)
    line = page.get_by_role("button", name="Change")
    assert "Drawn wolf" in line.inner_text()
    assert "scenes-mobilenet · scenes-resnet" in line.inner_text()
    line.click()
    sidebar = page.locator("[data-testid=stSidebar][data-collapsed=false]")
    sidebar.get_by_role("combobox", name="Add a network").wait_for()
    sidebar.get_by_role("link", name="Scenes").click()
    page.get_by_role("heading", level=1).filter(has_not_text="Which networks").wait_for()
    page.locator("[data-testid=stSidebar][data-collapsed=true]").wait_for(state="attached")


def test_a_wide_screen_shows_the_line_only_where_the_sidebar_is_closed(small_app, new_page):
    page = new_page()
    page.goto(address(small_app, "models") + QUICK)
    wait_until_settled(page)
    line = page.get_by_role("button", name="Change")
    assert line.count() == 0
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    line.wait_for()


def test_back_and_forward_keep_the_picture_and_the_networks(real_app, new_page):
    page = new_page()
    page.goto(address(real_app, "models") + query(picture="photo:coffee"))
    wait_until_settled(page)
    page.get_by_role("link", name="Scenes").click()
    page.get_by_role("heading", level=1).filter(has_not_text="Which networks").wait_for()
    choosers = page.locator(".st-key-choosers")
    for move in (page.go_back, page.go_back, page.go_forward, page.go_forward):
        move()
        wait_until_settled(page)
        for title in ("mobilenetv1_100.coral", "mobilenetv2_100.coral", "Rachel Michetti"):
            choosers.get_by_text(title).wait_for()
