"""Journeys in Chromium: what a person would do, and see."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

pytestmark = pytest.mark.browser

LOCAL = ("local/mobilenetv1_100.coral", "local/mobilenetv2_100.coral")
CHOSEN = "?picture=photo:chelsea" + "".join(f"&models={name}" for name in LOCAL)
PATIENCE = 60_000  # milliseconds; the first page waits for torch


@pytest.fixture(scope="module")
def real_app(serve: Callable[..., str], shared_models: Path) -> str:
    return serve(shared_models)


@pytest.fixture
def new_page(browser) -> Iterator[Callable[..., object]]:
    """Opens pages in contexts of their own; fails on whatever the page's console calls an error."""
    contexts, errors = [], []

    def open_page(**options):
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def params(page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def choose(page, label: str, option: str) -> None:
    """Pick an option of a select box as a person does: type a little, press Enter."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    page.keyboard.press("Escape")  # an open list hides the rest of the page from roles


def expect_tops(page, *labels: str) -> None:
    """Wait until the top bars of the models name these classes, no more and no fewer."""
    page.wait_for_function(
        """wanted => {
            const charts = [...document.querySelectorAll("[data-testid=stPlotlyChart]")];
            const tops = charts.map(chart => chart.querySelector("text.bartext")?.textContent);
            return tops.map(top => top?.split(" · ")[0]).join() === wanted.join();
        }""",
        arg=list(labels),
    )


def test_a_stranger_uploads_a_bird_and_passes_the_link_on(real_app, shared_photos, new_page):
    page = new_page()
    page.goto(f"{real_app}/{CHOSEN}")
    page.get_by_role("heading", name="What is it?").wait_for()
    page.locator("[data-testid=stMultiSelect]").get_by_label("Clear all").click()
    page.get_by_text("Choose at least one model").wait_for()
    for name in LOCAL:
        choose(page, "Models", name)
    page.set_input_files("input[type=file]", str(shared_photos / "chickadee.png"))
    page.get_by_text("Your picture").first.wait_for()
    page.get_by_text("Both say").wait_for()
    expect_tops(page, "chickadee", "chickadee")
    page.wait_for_url(re.compile("upload"))
    assert set(params(page)["models"]) == set(LOCAL)

    other = new_page()
    other.goto(page.url)
    other.get_by_text("Both say").wait_for()
    expect_tops(other, "chickadee", "chickadee")
    assert other.get_by_text("Your picture").count() >= 1

    page.get_by_role("button", name="Forget my pictures").click()
    page.get_by_text("Chelsea the cat").first.wait_for()
    other.reload()
    other.get_by_text("The server no longer holds this picture").wait_for()


def test_gallery_temperature_and_pages_stand_in_the_link(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/{CHOSEN}")
    page.get_by_role("button", name="Gallery").click()
    page.get_by_role("tab", name="Photographs").click()
    page.get_by_role("button", name="Cup of coffee").click()
    page.wait_for_url(re.compile("coffee"))
    expect_tops(page, "espresso", "espresso")
    page.get_by_role("slider", name="Softmax temperature").press("ArrowRight")
    page.wait_for_url(re.compile(r"temperature=1\.5"))
    page.get_by_role("link", name="Models").click()
    page.get_by_role("heading", name="Models").wait_for()
    page.wait_for_url(re.compile("/models"))
    assert params(page)["picture"] == ["photo:coffee"]
    assert set(params(page)["models"]) == set(LOCAL)
    page.get_by_role("link", name="Predict").click()
    expect_tops(page, "espresso", "espresso")
    assert params(page)["picture"] == ["photo:coffee"]


def test_a_text_file_is_refused_and_the_app_goes_on(real_app, new_page, tmp_path):
    page = new_page()
    page.goto(f"{real_app}/{CHOSEN}")
    expect_tops(page, "Egyptian cat", "tiger cat")
    fake = tmp_path / "picture.png"
    fake.write_text("no picture at all")
    page.set_input_files("input[type=file]", str(fake))
    page.get_by_text(re.compile("picture.png: This is no picture")).wait_for()
    expect_tops(page, "Egyptian cat", "tiger cat")


def test_models_are_found_and_taken_to_the_comparison(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/models?search=untrained/test_")
    page.get_by_role("heading", name="Models").wait_for()
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.wait_for()
    box = table.bounding_box()
    for row in (1, 2):
        page.mouse.click(box["x"] + 22, box["y"] + 35 * row + 17)
    page.get_by_role("button", name="Compare these 2").click()
    page.get_by_role("heading", name="What is it?").wait_for()
    page.get_by_text("Random weights: what it says is chance.").nth(1).wait_for()
    assert all(name.startswith("untrained/test_") for name in params(page)["models"])


def test_a_link_to_a_page_opens_it_in_its_frame_on_a_server_that_just_started(
    serve, made_models, new_page
):
    page = new_page()
    page.goto(f"{serve(made_models)}/models?search=convnext")
    page.get_by_role("heading", name="Models").wait_for()
    page.get_by_role("link", name="Predict").wait_for()
    page.get_by_text("Upload a picture").wait_for()
    assert page.get_by_text("Page not found").count() == 0


def test_a_hub_out_of_reach_leaves_the_user_with_ways_out(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/?models=resnet18.a1_in1k&picture=photo:coffee")
    page.get_by_text(re.compile("connect once")).wait_for()
    page.get_by_role("button", name="Open untrained").click()
    page.get_by_text("Random weights: what it says is chance.").wait_for()
    page.wait_for_url(re.compile("untrained"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "place",
    ["", "models", "neurons", "compare_neurons", "layers", "saliency", "trust", "maps", "compare"],
)
def test_a_phone_reads_without_scrolling_sideways(real_app, browser, scheme, place):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{real_app}/{place}")
    page.get_by_role("heading").first.wait_for()
    page.wait_for_timeout(500)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    context.close()
    assert width <= 390


def test_a_channel_is_put_under_the_microscope_and_the_link_keeps_it(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/neurons{CHOSEN}&model={LOCAL[1]}&layer=blocks.3.2&section=Canvases")
    page.get_by_role("heading", name="What does it look for?").wait_for()
    page.get_by_alt_text("What 5 looks for").wait_for()
    page.get_by_role("button", name="5", exact=True).click()
    page.get_by_text("blocks.3.2, channel 5").first.wait_for()
    page.get_by_alt_text("blocks.3.2, channel 5, maco").wait_for()
    page.wait_for_url(re.compile("unit=5"))
    with page.expect_download() as kept:
        page.get_by_role("button", name="Recipe").click()
    assert '"unit",5' in Path(kept.value.path()).read_text()

    other = new_page()
    other.goto(page.url)
    other.get_by_text("blocks.3.2, channel 5").first.wait_for()
    other.get_by_alt_text("blocks.3.2, channel 5, maco").wait_for()


def test_two_networks_neurons_stand_side_by_side(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/compare_neurons{CHOSEN}")
    page.get_by_role("heading", name="Do they look for the same?").wait_for()
    page.get_by_role("heading", name="Late").wait_for()
    page.wait_for_function(
        """() => document.querySelectorAll(
            '[data-testid=stImage] img[alt^="What channel"]'
        ).length === 32"""
    )


def test_a_picture_is_taken_apart_layer_by_layer(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/layers{CHOSEN}&model={LOCAL[1]}")
    page.get_by_alt_text("Maps of bn2").wait_for()
    assert page.get_by_alt_text("First filter 31").count() == 1


def test_a_map_is_clicked_for_its_scores_and_the_link_keeps_it(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/saliency{CHOSEN}&methods=Grad-CAM&methods=StageCAM")
    page.get_by_role("heading", name="Where did it look?").wait_for()
    page.get_by_alt_text("StageCAM of mobilenetv2_100.coral", exact=True).wait_for()
    page.get_by_role("button", name="StageCAM", exact=True).last.click()
    page.get_by_text("Insertion", exact=True).wait_for()
    page.wait_for_url(re.compile("method=StageCAM"))
    assert params(page)["model"] == [LOCAL[1]]
    with page.expect_download() as kept:
        page.get_by_role("button", name="CSV").click()
    rows = Path(kept.value.path()).read_text().splitlines()
    assert len(rows) == 224
    assert len(rows[0].split(",")) == 224

    other = new_page()
    other.goto(page.url)
    other.get_by_role("heading", name="Close up").wait_for()
    other.get_by_text("Where all stages agree").wait_for()


def test_maps_are_judged(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/trust{CHOSEN}&methods=Grad-CAM&methods=Gradient")
    page.get_by_role("heading", name="Do they agree?").wait_for()
    page.get_by_alt_text("The picture at this step of deletion").wait_for()
    page.get_by_text("overlap of the top tenth").click()
    page.wait_for_url(re.compile("by="))
    assert params(page)["by"] == ["overlap of the top tenth"]
    assert page.get_by_alt_text("The picture at this step of deletion").count() == 1


def test_networks_are_compared_and_the_link_keeps_the_cell(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/compare{CHOSEN}&set=scenes:12~7")
    page.get_by_role("heading", name="How do they differ?").wait_for()
    chart = page.locator(".js-plotly-plot .nsewdrag").first
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # the chart takes its width once it is there
    box = chart.bounding_box()
    # Off the cell's middle: it is the cell that counts, not its invisible square.
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] - 9)
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 8)
    page.locator(".hoverlayer text").first.wait_for()
    page.mouse.down()
    page.mouse.up()
    page.get_by_text("Mean r of the").wait_for()
    page.get_by_alt_text(f"of conv_stem in {LOCAL[1]} looks for").first.wait_for()
    assert (params(page)["row"], params(page)["column"]) == (["conv_stem"], ["conv_stem"])
    # While pictures come in, the page is drawn anew and a click may be lost.
    page.wait_for_function("() => !document.querySelector('[data-testid=stProgress]')")
    with page.expect_download() as kept:
        page.get_by_role("button", name="CSV").first.click()
    assert Path(kept.value.path()).read_text().startswith(",conv_stem,")

    other = new_page()
    other.goto(page.url)
    other.get_by_text("Mean r of the").wait_for()
    page.get_by_text("Agreement", exact=True).click()
    page.get_by_role("heading", name="Who says the same").wait_for()
    page.get_by_text("Only what differs").click()
    page.get_by_alt_text("Picture 0: bear").wait_for()
    page.wait_for_url(re.compile("disagreed=false"))
    page.get_by_text("Backbones", exact=True).click()
    page.get_by_role("heading", name="What they are built of").wait_for()


def test_a_lasso_on_one_networks_map_chooses_on_both(real_app, new_page):
    page = new_page()
    page.goto(f"{real_app}/maps{CHOSEN}&set=scenes:28~7&iterations=50&perplexity=5")
    page.get_by_role("heading", name="What lies together?").wait_for()
    page.get_by_text(re.compile("Trustworthiness")).nth(1).wait_for()
    box = page.locator("[data-testid=stPlotlyChart] .nsewdrag").first.bounding_box()
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = left + box["width"] - 8, top + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    page.get_by_role("heading", name=re.compile(r"\d+ chosen")).wait_for()
    page.wait_for_url(re.compile("chosen="))
    numbers = params(page)["chosen"][0]
    page.get_by_alt_text(re.compile("^Where mobilenetv2_100.coral saw")).first.wait_for()
    count = int(page.get_by_role("heading", name="chosen").inner_text().split()[0])
    assert 1 <= count < 28
    assert page.get_by_alt_text(re.compile(r"^Picture \d+: ")).count() == min(count, 24)
    page.wait_for_function(
        """count => [...document.querySelectorAll("[data-testid=stPlotlyChart]")].filter(chart =>
            [...chart.querySelectorAll(".scatterlayer .point")]
                .filter(point => getComputedStyle(point).opacity > 0.9).length === count
        ).length === 2""",
        arg=count,
    )
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Coordinates, CSV").click()
    assert len(Path(kept.value.path()).read_text().splitlines()) == 28 + 1

    other = new_page()
    other.goto(page.url)
    other.get_by_role("heading", name=f"{count} chosen").wait_for()
    assert params(other)["chosen"] == [numbers]
