"""Journeys in Chromium about pictures and networks: Predict, Models, Neurons, and Layers."""

import re
from urllib.parse import quote

import pytest
from PIL import Image

from tests.pages.browser_visit import (
    PRETRAINED,
    choose,
    parameters,
    query,
    saved_text,
    steady_box,
    wait_for_top_classes,
    wait_until_settled,
)

pytestmark = pytest.mark.browser

# The buttons that remove a network.
REMOVE = "[class*=st-key-_remove_]"
MOBILENET = PRETRAINED[1]
# Pictures of its units ship with it.
SCENES_NETWORK = "bundled/scenes-mobilenet"


def test_predict_a_link_shows_an_uploaded_picture_until_it_is_deleted(
    real_app, shared_photos, new_page
):
    page = new_page()
    page.goto(f"{real_app}/predict{query()}")
    for left in (1, 0):
        page.locator(REMOVE).get_by_role("button").first.click()
        page.wait_for_function(f"document.querySelectorAll('{REMOVE}').length === {left}")
    page.get_by_text("Choose at least one network").wait_for()
    for name in PRETRAINED:
        choose(page, "Add a network", f"{name.removeprefix('local/')} · local")
        page.wait_for_url(re.compile(re.escape(quote(name, safe=""))))
        wait_until_settled(page)
    page.set_input_files("input[type=file]", str(shared_photos / "chickadee.png"))
    wait_for_top_classes(page, "chickadee", "chickadee")
    page.wait_for_url(re.compile("upload"))
    assert set(parameters(page)["models"]) == set(PRETRAINED)

    other = new_page()
    other.goto(page.url)
    wait_for_top_classes(other, "chickadee", "chickadee")
    other.get_by_alt_text("Your picture").wait_for()

    page.get_by_role("button", name="Delete my images").click()
    wait_for_top_classes(page, "Egyptian cat", "tiger cat")
    other.reload()
    other.get_by_role("alert").wait_for()
    wait_until_settled(other)
    wait_for_top_classes(other)


def test_predict_keeps_picture_and_temperature_in_the_url(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/predict{query()}")
    page.get_by_role("button", name="Gallery").click()
    page.get_by_role("tab", name="Photographs").click()
    page.get_by_role("button", name="Cup of coffee").click()
    page.wait_for_url(re.compile("coffee"))
    wait_for_top_classes(page, "espresso", "espresso")
    page.get_by_text("Expert options").click()
    page.get_by_role("slider", name="Softmax temperature").press("ArrowRight")
    page.wait_for_url(re.compile(r"predict_temperature=1\.5"))

    other = new_page()
    other.goto(page.url)
    wait_for_top_classes(other, "espresso", "espresso")
    slider = other.get_by_role("slider", name="Softmax temperature")
    assert slider.get_attribute("aria-valuetext") == "1.5"

    page.get_by_role("link", name="Models", exact=True).click()
    page.wait_for_url(re.compile("/models.*picture=photo%3Acoffee"))
    wait_until_settled(page)  # one parameter after the other comes into the URL
    assert set(parameters(page)["models"]) == set(PRETRAINED)
    page.get_by_role("link", name="Predict").click()
    wait_for_top_classes(page, "espresso", "espresso")
    assert parameters(page)["picture"] == ["photo:coffee"]


def test_a_text_file_is_refused_and_the_page_stays_as_it_was(real_app, new_page, tmp_path):
    page = new_page()
    page.goto(f"{real_app}/predict{query()}")
    wait_for_top_classes(page, "Egyptian cat", "tiger cat")
    file = tmp_path / "picture.png"
    file.write_text("no picture at all")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("alert").filter(has_text="picture.png").wait_for()
    wait_for_top_classes(page, "Egyptian cat", "tiger cat")


def test_predict_offers_the_untrained_network_where_weights_cannot_be_downloaded(
    real_app, new_page
):
    page = new_page()
    page.goto(f"{real_app}/predict{query(['resnet18.a1_in1k'], 'photo:coffee')}")
    page.get_by_role("button", name="Try again").wait_for()
    page.get_by_role("button", name="Open untrained").click()
    page.wait_for_url(re.compile("untrained"))
    wait_until_settled(page)
    assert parameters(page)["models"] == ["untrained/resnet18"]
    assert page.locator("[data-testid=stPlotlyChart]").count() == 1


def test_models_are_filtered_and_picked_for_predict(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/models?models_search=untrained/test_")
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.wait_for()
    wait_until_settled(page)
    box = steady_box(page, table)
    for row in (1, 2):
        page.mouse.click(box["x"] + 22, box["y"] + 35 * row + 17)
    page.get_by_role("button", name="Use these 2 on all pages").click()
    page.get_by_test_id("stMain").get_by_role("link", name="Predict").click()
    page.locator("[data-testid=stPlotlyChart]").nth(1).wait_for()
    names = parameters(page)["models"]
    assert len(names) == 2
    assert all(name.startswith("untrained/test_") for name in names)
    wait_until_settled(page)
    page.get_by_role("link", name="Models", exact=True).click()
    page.wait_for_url(re.compile("/models.*models_shortlist"))
    wait_until_settled(page)
    assert page.get_by_role("textbox", name="Search").input_value() == "untrained/test_"
    assert parameters(page)["models_shortlist"] == names


def test_neurons_keeps_the_clicked_channel_in_the_url(real_app, new_page):
    page = new_page()
    # "Canvases" is the old name of a view.
    link = query([SCENES_NETWORK], neurons_layer="blocks.3.1", neurons_section="Canvases")
    page.goto(f"{real_app}/neurons{link}")
    page.get_by_alt_text("What 5 looks for").wait_for()
    page.get_by_role("button", name="5", exact=True).click()
    page.wait_for_url(re.compile("neurons_unit=5"))
    page.get_by_alt_text("blocks.3.1, channel 5, maco").wait_for()
    wait_until_settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Recipe").click()
    assert '"unit",5' in re.sub(r"\s", "", saved_text(download.value))
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "scenes-mobilenet-blocks.3.1-channel-5.png"
    assert Image.open(download.value.path()).size == (512, 512)

    other = new_page()
    other.goto(page.url)
    other.get_by_alt_text("blocks.3.1, channel 5, maco").wait_for()


def test_compare_neurons_shows_eight_units_at_four_depths_of_each_network(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/compare_neurons{query([SCENES_NETWORK, 'bundled/scenes-resnet'])}")
    page.wait_for_function(
        """() => document.querySelectorAll(
            '[data-testid=stImage] img[alt^="What channel"]'
        ).length === 32"""
    )


def test_layers_shows_what_every_layer_makes_of_the_picture(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/layers{query(model=MOBILENET)}")
    page.get_by_alt_text("Maps of bn2").wait_for()
    page.reload()  # the second visit is complete in one run, and the link leaves from there
    page.get_by_alt_text("Maps of bn2").wait_for()
    page.get_by_alt_text("First filter 31").wait_for()
    channel = page.locator("[data-testid=stMain]").get_by_role("link").last
    number = channel.inner_text()
    channel.click()
    page.wait_for_url(re.compile(f"neurons_unit={number}"))
    page.get_by_text(f"bn2, channel {number}").first.wait_for()
    assert parameters(page)["model"] == [MOBILENET.rpartition("/")[2]]
