"""The page Overview: all blocks at once for any networks, and stories that open pages."""

import re
from pathlib import Path

import pytest
import timm
from streamlit.testing.v1 import AppTest
from timm.models import save_for_hf

from core.workbench.overview import unit_recipes
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.visualization import VISUALIZATION
from pages.parts.shared import stories
from pages.parts.shared.frame import PAGES
from pages.parts.shared.session import workbench
from tests.pages.made_networks import save_network
from tests.pages.visit import (
    EFFICIENTNET,
    PICTURE,
    RESNET,
    charts,
    click,
    link_labels,
    link_queries,
    open_page,
    pictures,
    run_until,
    run_until_complete,
    texts,
)

SUBHEADERS = [
    "What they say", "From pixels to the answer", "Where they differ",
    "How far to trust the heat maps", "Four stories to begin with",
]  # fmt: skip


def test_it_is_the_first_page_and_shows_every_block_of_two_networks(app: AppTest):
    assert PAGES[0][:2] == ("overview", "Start")
    open_page(app, "overview", [RESNET, EFFICIENTNET])
    assert app.title[0].value == "Zooscope"
    assert [each.value for each in app.subheader] == SUBHEADERS
    assert [alt.split(":")[0] for alt in charts(app)] == [
        "Top classes of test_resnet", "Top classes of test_efficientnet",
    ]  # fmt: skip
    for title in ("test_resnet", "test_efficientnet"):
        assert f"First filters of {title}" in pictures(app)
        assert f"Late channels of {title}, and what excites them" in pictures(app)
        assert f"Where {title} looked" in pictures(app)
        assert f"Crops that excite the strongest voters of {title}" in pictures(app)
        assert f"{title} says " in texts(app)
    assert texts(app).count("of all votes for it") == 2
    assert texts(app).count("…") == 0
    assert re.search("They differ most about|not equally surely|about the same", texts(app))
    assert "their heat maps correlate by" in texts(app)


def test_units_link_to_the_microscope(app: AppTest):
    open_page(app, "overview", [RESNET])
    bench = workbench()
    card, picture = bench.card(RESNET), bench.pictures.find(PICTURE)
    (layers,) = bench.answer([layers_recipe(card)])
    recipe = unit_recipes(card, picture.id, layers)["late"]
    (units,) = bench.answer([recipe])
    first = units.units.tolist()[0]
    query = link_queries(app)[link_labels(app).index(f"channel {first}")]
    assert f"neurons_layer={recipe.layer}" in query
    assert f"neurons_unit={first}" in query


def test_one_network_is_not_compared_with_itself(app: AppTest):
    open_page(app, "overview", [RESNET])
    assert "Choose a second network" in texts(app)
    assert "Both say" not in texts(app)


def test_an_untrained_network_answers_by_chance(app: AppTest):
    open_page(app, "overview", ["untrained/test_resnet", RESNET])
    assert texts(app).count("by chance: it is untrained") == 1


def test_a_network_without_classes_shows_its_units_and_says_what_is_missing(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    net = timm.create_model("test_resnet", num_classes=0)
    save_for_hf(net, tmp_path / "features", safe_serialization=True)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    open_page(app, "overview", ["local/features"])
    assert "It has no classes" in texts(app)
    assert "First filters of features" in pictures(app)
    assert "no classes, so no votes" in texts(app)
    assert "nothing to explain" in texts(app)


def test_where_votes_have_no_place_the_page_says_why(app: AppTest):
    open_page(app, "overview", ["untrained/test_convnext"])
    assert "so its votes have no place in the picture" in texts(app)
    assert not any(alt.startswith("Crops that excite") for alt in pictures(app))
    assert "of all votes for it" in texts(app)


def test_grey_tiles_say_that_no_picture_is_made_yet(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    bench = workbench()
    start = bench._start_jobs

    def start_others(recipes, session):
        start([each for each in recipes if each.task != VISUALIZATION.name], session)

    monkeypatch.setattr(bench, "_start_jobs", start_others)
    app.query_params["models"] = [RESNET]
    app.query_params["picture"] = PICTURE
    app.switch_page("pages/overview.py")
    run_until(app, lambda: texts(app).count("no picture made yet") == 4)
    # One progress bar for the whole page is beside the first heading, where it is seen at once.
    assert len(app.get("progress")) == 1
    kinds = [element.type for element in app.main]
    assert kinds.index("progress") < kinds.index("plotly_chart")


def test_networks_that_agree_are_said_to_agree(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for seed, name in enumerate(("one", "two")):
        save_network(tmp_path / name, ["cat", "dog", "wolf"], "wolf", seed)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    open_page(app, "overview", ["local/one", "local/two"])
    assert "Both say **wolf**. They give every class about the same probability." in texts(app)


def test_what_is_shown_first_is_asked_first(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    bench = workbench()
    wait = bench.wait

    def record(recipes, *args):
        asked.extend(recipe.task for recipe in recipes)
        return wait(recipes, *args)

    monkeypatch.setattr(bench, "wait", record)
    app.switch_page("pages/overview.py")
    app.query_params["models"] = [RESNET]
    app.query_params["picture"] = PICTURE
    run_until_complete(app)
    order = list(dict.fromkeys(asked))
    assert order[:2] == ["logits", "layers"]
    assert order[-1] == VISUALIZATION.name


def test_the_wolf_story_opens_the_biased_network_beside_its_sister(
    app: AppTest, bundled: list[str]
):
    open_page(app, "overview", ["bundled/scenes-mobilenet"])
    next(each for each in app.button if each.label == "The same wolf on grass").click().run()
    assert app.title[0].value != "Zooscope"
    assert app.session_state["picture"] == "scene:wolf~2~background=grass"
    assert app.session_state["models"] == list(stories.WOLF_NETWORKS)
    app.switch_page("pages/overview.py")
    run_until_complete(app)
    assert "scenes-mobilenet says **wolf**" in texts(app)
    assert "scenes-mobilenet-biased says **fox**" in texts(app)


@pytest.mark.parametrize("own_picture", [True, False])
def test_a_story_is_told_while_its_picture_is_chosen(app, bundled: list[str], own_picture: bool):
    view = stories.STORIES[0].views[0]
    picture = view.picture if own_picture else "scene:cat~5"
    open_page(app, "saliency", bundled[:1], picture, story=view.label)
    told = [info.value for info in app.info if view.note in info.value]
    assert len(told) == len(app.info) == int(own_picture)


def test_a_story_leads_to_its_other_view(app: AppTest, bundled: list[str]):
    snow, grass, _ = stories.STORIES[0].views
    open_page(app, "saliency", grass.networks, grass.picture, story=grass.label)
    assert "now says fox; its sister still says wolf" in app.info[0].value
    click(app, snow.label)
    assert [snow.note in info.value for info in app.info] == [True]
    assert texts(app).count("says wolf (") == 2
