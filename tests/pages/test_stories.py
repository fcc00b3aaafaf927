"""The stories of the page Overview: what they claim is true, and there is a way back from them."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import saliency, zoo
from core.dissect import strongest_units
from core.gallery_photos import PHOTOS
from core.pictures import photo
from core.saliency import Evidence, Trust
from core.saliency.area_test import area_tests_steps
from core.steps import drain
from core.workbench import Workbench
from core.workbench.showcase import Showcase
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.visualization import channel_recipe
from pages.parts.shared import stories
from pages.parts.shared.session import workbench
from tests.conftest import PROJECT
from tests.pages.visit import button_labels, click, open_page, run_until_complete, texts

LAYER, UNIT = stories.CAT_CHANNEL["neurons_layer"], int(stories.CAT_CHANNEL["neurons_unit"])

# The first evidence on the page that the story's proof opens.
PROOF = "scenes-mobilenet-biased: wolf, background snow (used)"


@pytest.fixture
def bench(app: AppTest) -> Workbench:
    return workbench()


@pytest.fixture
def quick_results() -> None:
    """Nothing is made quicker: what ships are results of full quality."""


def open_story(app: AppTest, view: stories.View) -> AppTest:
    """Click a link to a view on another page. After `st.switch_page`, AppTest is on the old one."""
    click(app, view.label)
    app.switch_page(f"pages/{view.page}.py")
    for name, value in {**view.settings, stories.PARAMETER: view.label}.items():
        app.query_params[name] = value
    return run_until_complete(app)


@pytest.mark.parametrize("name", stories.PHOTO_NETWORKS)
def test_the_neuron_of_the_story_is_one_that_the_cat_excites_most(
    bench: Workbench, installed: list[str], name: str
):
    card, cat = bench.card(name), bench.pictures.find(stories.PHOTO)
    (layers,) = bench.answer([layers_recipe(card)])
    layer = next(layer for layer in layers.main if layer.name == LAYER)
    every = layer.shape[0]
    units = strongest_units(zoo.load(name), cat.image, [LAYER], every, every)[LAYER]
    strength = units.strengths[units.units == UNIT]
    assert (units.strengths > strength).sum() < 3
    photos = [bench.pictures.find(f"photo:{photo}").id for photo in PHOTOS]
    (responses,) = bench.answer([responses_recipe(card, LAYER, photos)])
    assert photos[int(np.argmax(responses.peak[:, UNIT]))] == cat.id
    showcase = Showcase([PROJECT / "shipped"])
    assert showcase.get(channel_recipe(card, layer, UNIT).key) is not None
    showcase.close()


def test_on_the_picture_of_the_story_the_tests_believe_a_method(installed: list[str]):
    m, img = zoo.load(stories.PHOTO_NETWORKS[0]), photo(stories.CLEAR_PHOTO.partition(":")[2])
    evidence = []
    for key in ("grad_cam", "layer_cam"):
        maps = saliency.explain(m, [img], key)
        (area,) = drain(area_tests_steps(m, [img], maps))
        evidence.append(Evidence(key, maps[0], area))
    verdict = saliency.judge_maps(evidence)
    assert (verdict.trust, verdict.methods) == (Trust.HIGH, ("grad_cam", "layer_cam"))
    assert not verdict.notes  # the network is sure


def test_the_story_opens_its_neuron(app: AppTest, installed: list[str]):
    layers, neurons = stories.STORIES[1].views
    open_page(app, "layers", installed, stories.PHOTO, story=layers.label)
    open_story(app, neurons)
    assert f"**{LAYER}, channel {UNIT}**" in texts(app)
    assert "Of 12 photographs it responds most to *Chelsea the cat*" in texts(app)


def test_a_story_leads_back_to_what_the_visitor_had_chosen(app: AppTest, bundled: list[str]):
    own = ["bundled/scenes-regnet"]
    snow, grass, _ = stories.STORIES[0].views
    open_page(app, "overview", own, "scene:cat~5")
    open_story(app, snow)
    assert app.session_state["models"] == list(stories.WOLF_NETWORKS)
    assert "· 1 of 3" in app.info[0].value
    click(app, grass.label)  # another view of the story is not the visitor's own choice
    icons = {button.label: button.icon for button in app.button}
    assert icons[snow.label] == ":material/arrow_back:"
    assert icons["The proof"] == ":material/arrow_forward:"
    click(app, "Back to my picture")
    assert app.session_state["picture"] == app.query_params["picture"] == "scene:cat~5"
    assert app.session_state["models"] == own
    assert stories.PARAMETER not in app.query_params
    assert not any(label.startswith("Back to my") for label in button_labels(app))


def test_where_only_the_networks_were_replaced_the_story_leads_back_to_them(
    app: AppTest, bundled: list[str]
):
    snow = stories.STORIES[0].views[0]
    open_page(app, "overview", bundled[:1], snow.picture)
    open_story(app, snow)
    click(app, "Back to my networks")
    assert app.session_state["models"] == bundled[:1]


def test_a_story_that_a_link_opens_has_no_way_back(app: AppTest, bundled: list[str]):
    snow = stories.STORIES[0].views[0]
    open_page(app, "saliency", stories.WOLF_NETWORKS, snow.picture, story=snow.label)
    assert snow.note in app.info[0].value
    assert not any(label.startswith("Back to my") for label in button_labels(app))


def test_the_box_opens_a_view_on_another_page_with_another_picture(
    app: AppTest, bundled: list[str]
):
    snow, _, proof = stories.STORIES[0].views
    open_page(app, "saliency", stories.WOLF_NETWORKS, snow.picture, story=snow.label)
    next(button for button in app.button if button.label == proof.label).click()
    app.run()
    assert app.title[0].value == "Does it use the thing, or something beside it?"
    assert proof.note in app.info[0].value
    assert app.get_by_key("bias_test").value == PROOF


def test_the_first_screen_of_the_overview_has_all_stories(app: AppTest, bundled: list[str]):
    app.switch_page("pages/overview.py").run()
    shown = [str(getattr(each, "label", "") or getattr(each, "value", "")) for each in app.main]
    first_block = shown.index("What they say")
    for story in stories.STORIES:
        assert shown.index(f":primary[{story.title}]") < first_block
    wolf = stories.STORIES[0]
    app.get_by_key(f"_story_{wolf.title}").click().run()
    assert wolf.views[0].note in app.info[0].value
