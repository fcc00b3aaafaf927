"""The page Saliency: the grid of maps, the classes that are explained, and one map large."""

from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import saliency
from core.saliency import Maps, View
from core.saliency.registry import _METHODS
from core.steps import Progress, Steps
from core.workbench.recipes import Recipe
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.zoo.precision import BFLOAT16, FLOAT32
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    EFFICIENTNET_TITLE,
    REGNET,
    RESNET,
    download_labels,
    open_page,
    run_until_complete,
    texts,
    tiles,
)

METHODS = ["StageCAM", "Grad-CAM", "Gradient"]
KEYS = ["stage_cam", "grad_cam", "gradient"]

pytestmark = pytest.mark.usefixtures("bundled")


def open_saliency(app: AppTest, models: list[str], methods=METHODS, **parameters: str) -> AppTest:
    named = {f"saliency_{name}": value for name, value in parameters.items()}
    return open_page(app, "saliency", models, methods=methods, **named)


def cells(app: AppTest) -> list[str]:
    """What the grid's pictures are described as, in order; empty texts where one is missing."""
    return [tile["alt"] if tile["picture"] else "" for tile in tiles(app)]


def map_pictures(app: AppTest) -> list[str]:
    """The grid's pictures: others where the maps are others."""
    return [tile["picture"] for tile in tiles(app)]


def test_the_grid_has_a_map_of_each_network_by_each_method(app: AppTest):
    open_saliency(app, [RESNET, EFFICIENTNET])
    assert cells(app) == [
        f"{method} of {title}" for title in ("test_resnet", "test_efficientnet")
        for method in METHODS
    ]  # fmt: skip
    assert all(tile["picture"].startswith("data:image/jpeg;base64,") for tile in tiles(app))
    assert max(len(picture) for picture in map_pictures(app)) < 30_000
    assert [tile["chosen"] for tile in tiles(app)] == [True, *[False] * 5]
    assert not app.error


def test_three_networks_are_listed_and_an_untrained_one_answers_by_chance(app: AppTest):
    untrained = "untrained/test_resnet"
    open_saliency(app, [RESNET, EFFICIENTNET, untrained], methods=["Gradient"])
    assert len(app.selectbox(key="model").options) == 3  # side by side, the last would be cut
    assert texts(app).count("(by chance)") == 1
    app.selectbox(key="model").set_value("test_resnet (untrained)")
    run_until_complete(app)
    assert [tile["chosen"] for tile in tiles(app)] == [False, False, True]


def test_an_opened_map_is_shown_large_with_its_scores(app: AppTest):
    open_saliency(app, [RESNET, EFFICIENTNET])
    app.segmented_control(key="model").set_value(EFFICIENTNET_TITLE)
    app.selectbox(key="method").set_value("Gradient")
    run_until_complete(app)
    assert [tile["chosen"] for tile in tiles(app)] == [*[False] * 5, True]
    assert app.selectbox(key="method").value == "Gradient"
    assert app.segmented_control(key="model").value == EFFICIENTNET_TITLE
    bench = workbench()
    card, picture = bench.card(EFFICIENTNET), bench.pictures.find("scene:wolf~7")
    recipe = saliency_map_recipe(card, picture.id, "gradient")
    (scores,) = bench.answer([saliency_scores_recipe(card, picture.id, recipe)])
    assert [metric.value for metric in app.metric] == [
        f"{scores.insertion_area[0]:.2f}", f"{scores.deletion_area[0]:.2f}",
    ]  # fmt: skip
    assert download_labels(app) == ["PNG", "NPZ", "CSV", "Recipe"]


@pytest.mark.parametrize(
    ("parameters", "shown", "against"),
    [
        ({"explain": "One class", "class": "bus"}, "bus", None),
        ({"explain": "Same class for all", "class": "bus"}, "bus", None),
        ({"explain": "Same class for all"}, "wolf", None),  # the network's own top class
        ({"explain": "One class each", "class_0": "owl", "and_not": "cat"}, "owl", "cat"),
        ({"explain": "Top classes", "and_not": "fox"}, "wolf", "fox"),
        ({"explain": "Choose per model", "and_not": "fox"}, "wolf", "fox"),
    ],
)
def test_the_chosen_classes_are_explained(app: AppTest, parameters, shown, against):
    open_saliency(app, [REGNET], **parameters)
    bench = workbench()
    card, picture = bench.card(REGNET), bench.pictures.find("scene:wolf~7")
    (computed,) = bench.answer([logits_recipe(card, picture.id)])
    class_index: int | None = card.labels.index(shown)
    if class_index == computed.logits.argmax():
        class_index = None  # the same recipe as on pages that explain the top class
    for key in KEYS:
        against_index = card.labels.index(against) if against else None
        recipe = saliency_map_recipe(card, picture.id, key, class_index, against_index)
        assert bench.store.get(recipe.key) is not None


def test_a_network_that_does_not_know_the_class_shows_no_maps(app: AppTest):
    open_saliency(app, [REGNET, RESNET], explain="One class", **{"class": "girl"})
    assert cells(app) == [f"{method} of scenes-regnet" for method in METHODS]
    assert [warning.value for warning in app.warning] == ["It does not know the class girl."]


def test_a_shared_scale_changes_maps_of_several_networks(app: AppTest):
    open_saliency(app, [RESNET, EFFICIENTNET])
    own_scales = map_pictures(app)
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    app.segmented_control(key="saliency_scale").set_value("shared")
    run_until_complete(app)
    assert map_pictures(app) != own_scales


def test_rare_options_are_hidden_until_asked_for(app: AppTest):
    open_saliency(app, [REGNET], ["Integrated gradients"])
    keys = {"saliency_scale", "saliency_integrated_gradients_baseline"}
    assert not keys & {widget.key for widget in (*app.selectbox, *app.get("button_group"))}
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    assert app.selectbox(key="saliency_integrated_gradients_baseline").value == "black"
    assert app.segmented_control(key="saliency_scale").value == "per map"


def test_classes_are_sorted_by_probability(app: AppTest):
    open_saliency(app, [REGNET], explain="Same class for all")
    bench = workbench()
    card, picture = bench.card(REGNET), bench.pictures.find("scene:wolf~7")
    (computed,) = bench.answer([logits_recipe(card, picture.id)])
    ranked = [card.labels[index] for index in np.argsort(-computed.logits, kind="stable")]
    assert app.selectbox(key="saliency_class").options == ranked
    assert app.selectbox(key="saliency_class").value == "wolf"


def test_values_of_older_links_still_work(app: AppTest):
    open_saliency(app, [RESNET], explain="One class each", scale="each method", and_not="nothing")
    assert app.segmented_control(key="saliency_explain").value == "Choose per model"
    assert app.segmented_control(key="saliency_scale").value == "shared"
    assert app.selectbox(key="saliency_and_not").value == "none"


def test_an_option_of_a_method_changes_the_large_map(app: AppTest):
    open_saliency(app, [REGNET], ["Integrated gradients"])
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    before = app.main.get("plotly_chart")[0].proto.spec
    app.selectbox(key="saliency_integrated_gradients_baseline").set_value("blur")
    run_until_complete(app)
    assert app.main.get("plotly_chart")[0].proto.spec != before
    assert "Completeness error" in texts(app)


def test_options_of_a_method_are_read_from_the_link(app: AppTest):
    parameters = {
        "integrated_gradients_baseline": "blur", "integrated_gradients_steps": "1000000",
    }  # fmt: skip
    open_saliency(app, [REGNET], ["Integrated gradients"], **parameters)
    assert app.selectbox(key="saliency_integrated_gradients_baseline").value == "blur"
    steps = app.number_input(key="saliency_integrated_gradients_steps")
    assert steps.value == steps.max


def test_options_that_are_not_numbers_become_the_defaults(app: AppTest):
    parameters = {"integrated_gradients_steps": "x", "integrated_gradients_limit": "nan"}
    open_saliency(app, [REGNET], ["Integrated gradients"], **parameters)
    defaults = saliency.find("integrated_gradients", {}).options
    for name in ("steps", "limit"):
        widget = app.number_input(key=f"saliency_integrated_gradients_{name}")
        assert widget.value == defaults[name]


def test_unknown_values_in_a_link_become_the_defaults(app: AppTest):
    open_saliency(app, [RESNET], explain="x", scale="y", and_not="a", minus="b", map_layer="c")
    assert app.segmented_control(key="saliency_explain").value == "Its own prediction"
    assert app.selectbox(key="saliency_and_not").value == "none"
    assert "saliency_scale" not in {control.key for control in app.segmented_control}
    assert len(cells(app)) == 3


@pytest.fixture
def _brightness(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A method that a contributor has added."""
    monkeypatch.setattr("core.saliency.registry._METHODS", dict(_METHODS))

    @saliency.method("Brightness", "nobody", "gradient")
    def brightness(view: View) -> Steps[Maps]:
        yield Progress(0, 1)
        return Maps(view.x.abs().sum(1))

    yield


@pytest.mark.usefixtures("_brightness")
def test_an_added_method_has_maps(app: AppTest):
    open_saliency(app, [RESNET], ["Brightness"])
    assert cells(app) == ["Brightness of test_resnet"]


@pytest.mark.usefixtures("_brightness")
def test_an_added_method_is_evaluated_on_the_page_trust(app: AppTest):
    open_page(app, "trust", [RESNET], methods=["Brightness", "Grad-CAM"])
    assert list(app.dataframe[0].value["method"]) == ["Brightness", "Grad-CAM"]


def occlusion_recipe(precision: str) -> Recipe[SaliencyMap]:
    bench = workbench()
    card, picture = bench.card(RESNET), bench.pictures.find("scene:wolf~7")
    return saliency_map_recipe(card, picture.id, "occlusion", precision=precision)


def test_where_bfloat16_is_fastest_slow_maps_use_it_unless_exact_is_chosen(app: AppTest):
    workbench().precision = BFLOAT16  # as on a machine that computes it natively
    open_saliency(app, [RESNET], ["Occlusion"])
    assert workbench().has([occlusion_recipe(BFLOAT16)])
    assert not workbench().has([occlusion_recipe(FLOAT32)])
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    app.segmented_control(key="saliency_precision").set_value("exact")
    run_until_complete(app)
    assert workbench().has([occlusion_recipe(FLOAT32)])


def test_where_bfloat16_is_not_fastest_there_is_no_choice(app: AppTest):
    workbench().precision = FLOAT32
    open_saliency(app, [RESNET], ["Gradient"], precision="exact")
    assert "saliency_precision" not in [each.key for each in app.segmented_control]
