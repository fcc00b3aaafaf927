"""The page Maps: pictures, neurons, and pictures at each stage of a network."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.compare import TopPredictions
from core.sets import scene_set
from core.sets.folder import Folders
from core.visualize import Quality
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.neuron_map import neuron_map_recipe
from core.workbench.tasks.picture_map import tsne_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.top_predictions import top_predictions_recipe
from core.zoo import describe
from pages.parts.maps import colouring, selection
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    REGNET,
    RESNET,
    chart,
    charts,
    open_page,
    pictures,
    run_until,
    run_until_complete,
    texts,
)

SET = "scenes:24~5~classes=cat,dog,wolf"
QUICK = {"perplexity": "5", "iterations": "50"}


def open_maps(app: AppTest, *models: str, set: str = SET, **parameters: str) -> AppTest:
    named = {f"maps_{name}": value for name, value in {**QUICK, **parameters}.items()}
    return open_page(app, "maps", models, set=set, **named)


def test_each_network_has_a_map_with_its_trustworthiness_and_purity(app: AppTest):
    open_maps(app, RESNET, EFFICIENTNET)
    maps = [alt for alt in charts(app) if alt.startswith("Map of 24 pictures")]
    assert len(maps) == 2
    bench = workbench()
    features = [
        features_recipe(bench.card(name), SET, layer)
        for name, layer in ((RESNET, "layer4.0"), (EFFICIENTNET, "bn2"))
    ]
    options = {"perplexity": 5, "iterations": 50}
    first = tsne_recipe(features[0], "axes", SET, **options)
    second = tsne_recipe(features[1], first, SET, **options)
    for recipe in (first, second):
        assert bench.store.get(recipe.key) is not None
        (drawn,) = bench.answer([recipe])
        assert f"Trustworthiness {drawn.trustworthiness:.3f}" in texts(app)
        assert f"same class among neighbours on the map: {drawn.purity:.0%}" in texts(app)
        assert f"**{drawn.purity_of_features:.0%}** of each picture's nearest" in texts(app)


def test_a_wrong_set_in_a_link_is_named_outside_the_closed_pickers(app: AppTest):
    app.query_params["set"] = "views:xyz"
    app.query_params["models"] = [RESNET]
    app.switch_page("pages/maps.py")
    run_until(app, lambda: app.warning)
    assert "after “views:” come 16 hexadecimal digits" in texts(app)
    assert workbench().sets.gallery_views.reference in texts(app)
    assert not app.expander[0].warning


def test_a_link_selects_pictures_and_shows_their_predictions(app: AppTest):
    open_maps(app, RESNET, EFFICIENTNET, chosen="1,4-5,99")
    assert [alt for alt in pictures(app) if alt.startswith("Picture")] == [
        "Picture 1: dog", "Picture 4: dog", "Picture 5: wolf",
    ]  # fmt: skip
    assert sum(alt.startswith("Where test_") for alt in pictures(app)) == 2 * 3
    bench = workbench()
    card = bench.card(RESNET)
    (top,) = bench.answer([top_predictions_recipe(card, SET)])
    label, probability = card.labels[top.index[4]], top.probability[4]
    assert f"1: {label} {probability:.0%}" in texts(app)
    app.button(key="_clear_chosen").click()
    run_until_complete(app)
    assert not any(alt.startswith("Picture") for alt in pictures(app))
    assert app.text_input(key="maps_chosen").value == ""


def test_only_t_sne_has_another_seed_and_a_perplexity(app: AppTest):
    open_maps(app, RESNET, again="true", place="true")
    assert "with a second seed" in texts(app)
    assert "perplexity" in texts(app)
    app.segmented_control(key="maps_map").set_value("PCA")
    run_until_complete(app)
    assert "with a second seed" not in texts(app)
    assert "perplexity" not in texts(app)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "too few pictures for t-SNE (1)"),
        (2, "too few pictures for t-SNE (2)"),
        (5, "perplexity 1.3: 5 pictures allow no more than that (5 chosen)"),
    ],
)
def test_the_perplexity_of_few_pictures_is_reduced(app: AppTest, count: int, words: str):
    open_maps(app, RESNET, set=scene_set(count).reference)
    assert words in texts(app)


def test_identical_pictures_have_no_purity_and_no_neurons(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in "abcdef":
        Image.new("RGB", (40, 40), "teal").save(tmp_path / f"{name}.png")
    monkeypatch.setenv("ZOOSCOPE_PICTURES", str(tmp_path))
    reference = Folders([tmp_path]).get(tmp_path.name).reference
    open_maps(app, RESNET, set=reference)
    assert "this layer finds all these pictures the same" in texts(app)
    assert "nearest neighbours" not in texts(app)
    app.segmented_control(key="maps_maps_of").set_value("Through the layers")
    run_until_complete(app)
    assert "Class purity of each network's layers by depth" not in charts(app)
    app.segmented_control(key="maps_maps_of").set_value("Neurons")
    run_until_complete(app)
    assert len(app.error) == 1
    assert not charts(app)


def test_invalid_values_in_a_link_become_defaults_or_bounds(app: AppTest):
    open_maps(
        app, RESNET, perplexity="-4", iterations="a lot", exaggeration="99999999999999999999",
        metric="taxicab", depth="bottom", colour="taste", map="globe", mouse="cat", chosen="<b>",
    )  # fmt: skip
    assert app.number_input(key="maps_perplexity").value == 1
    assert app.number_input(key="maps_iterations").value == 750
    assert app.number_input(key="maps_exaggeration").value == 50
    assert any(alt.startswith("Map of 24") for alt in charts(app))


def test_rare_options_are_for_experts_and_for_links_that_set_one(app: AppTest):
    open_page(app, "maps", [RESNET], set=SET)
    keys = {widget.key for widget in [*app.number_input, *app.selectbox]}
    assert not {"maps_perplexity", "maps_seed", "maps_metric"} & keys
    app.toggle(key="expert").set_value(True)
    run_until_complete(app)
    assert app.number_input(key="maps_perplexity").value == 30
    assert app.selectbox(key="maps_metric").value == "euclidean"  # something is selected at first
    app.number_input(key="maps_seed").set_value(3)
    app.toggle(key="expert").set_value(False)
    run_until_complete(app)
    assert app.number_input(key="maps_seed").value == 3  # a value that is not usual stays in view


@pytest.mark.parametrize(
    ("agent", "mouse"), [("Mozilla/5.0 (X11; Linux)", "lasso"), ("Mozilla/5.0 (Mobile)", "click")]
)
def test_a_swipe_on_a_phone_scrolls_the_page(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, agent: str, mouse: str
):
    context = SimpleNamespace(headers={"User-Agent": agent})
    monkeypatch.setattr(selection.st, "context", context)
    open_maps(app, RESNET)
    assert app.segmented_control(key="maps_mouse").value == mouse
    drag = {"lasso": '"dragmode": "lasso"', "click": '"dragmode": false'}[mouse]
    assert drag in chart(app, "Map of 24 pictures")


def test_older_links_open_their_options(app: AppTest):
    open_maps(app, RESNET, depth="half-way", mouse="draw around")
    assert app.selectbox(key="maps_depth").value == "middle"
    assert app.segmented_control(key="maps_mouse").value == "lasso"


def test_networks_that_know_photographs_open_with_views_of_them(app: AppTest, bundled):
    open_page(app, "maps", [REGNET])
    assert app.query_params["set"].startswith("scenes:280~")
    app.multiselect(key="models").set_value([RESNET])
    run_until_complete(app)
    assert "Gallery views · 144 pictures" in texts(app)
    assert re.search(r"\*\*\d+%\*\* of each picture's nearest .* same photograph", texts(app))


def test_a_layer_can_be_chosen_by_name(app: AppTest):
    open_maps(app, RESNET, depth="by name", layer_0="layer2.0")
    recipe = features_recipe(workbench().card(RESNET), SET, "layer2.0")
    wanted = tsne_recipe(recipe, "axes", SET, perplexity=5, iterations=50)
    assert workbench().store.get(wanted.key) is not None


def test_units_of_two_networks_are_on_one_map(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=4))
    layers = {"units_0": "layer4.0", "units_1": "blocks.3.0", "units": "3"}
    open_maps(app, RESNET, EFFICIENTNET, maps_of="Neurons", **layers)
    bench = workbench()
    responses = [
        responses_recipe(bench.card(name), layer, [SET])
        for name, layer in ((RESNET, "layer4.0"), (EFFICIENTNET, "blocks.3.0"))
    ]
    recipe = neuron_map_recipe(responses, [], perplexity=5, iterations=50)
    assert bench.store.get(recipe.key) is not None
    (drawn,) = bench.answer([recipe])
    assert f"Map of {len(drawn.unit):,} channels, coloured by group" in charts(app)
    assert f"test_resnet layer4.0, {drawn.unit[3]}" in texts(app)
    assert f"{len(drawn.groups)} group" in texts(app)


def test_two_pictures_are_too_few_for_a_map_of_units(app: AppTest):
    open_maps(app, RESNET, maps_of="Neurons", set=scene_set(2).reference)
    assert app.info
    assert not charts(app)


def test_the_stages_of_a_network_are_mapped_with_their_purity(app: AppTest):
    open_maps(app, RESNET, EFFICIENTNET, maps_of="Through the layers")
    (stages,) = [alt for alt in charts(app) if "stages" in alt]
    assert stages == "Maps of 24 pictures at 7 stages of test_resnet"
    assert "Class purity of each network's layers by depth" in charts(app)


def test_indices_are_parsed_and_formatted():
    assert selection.parse_indices("3, 7,12-14 x", 14) == [3, 7, 12, 13]
    assert selection.parse_indices("9-1,900000-999999", 20) == []
    assert selection.parse_indices("", 5) == []
    for indices in ([], [4], [1, 2], [1, 2, 3, 9, 11, 12]):
        assert selection.parse_indices(selection.format_indices(indices), 20) == indices
    assert selection.format_indices(np.arange(5).tolist()) == "0-4"


def predictions(*labels: str, probability: float = 0.5) -> TopPredictions:
    return TopPredictions(labels, np.full(len(labels), probability, np.float32))


def test_points_are_coloured_by_prediction_and_probability(bundled):
    six = scene_set(6, 5, ["cat", "dog"])
    models = {"a": describe("bundled/scenes-regnet"), "b": describe("untrained/test_resnet")}
    known = predictions("cat", "dog", "cat", "dog", "cat", "bus")
    unknown = predictions(*["tabby"] * 6, probability=0.25)
    by_label = colouring.colour_points(
        colouring.PREDICTION, six, models, {"a": known, "b": unknown}
    )
    assert by_label.colours == {"a": list(known.labels), "b": list(unknown.labels)}
    assert list(by_label.categories) == ["cat", "dog", "tabby", "bus"]
    by_probability = colouring.colour_points(colouring.PROBABILITY, six, models, {"b": unknown})
    np.testing.assert_allclose(by_probability.colours["b"], 0.25)
    assert "a" not in by_probability.colours  # its predictions are missing


def test_points_are_coloured_by_a_fact_of_the_pictures():
    six = scene_set(6, 5, ["cat", "dog"])
    models = {"a": describe("untrained/test_resnet")}
    by_background = colouring.colour_points("background", six, models, {})
    assert by_background.colours["a"] == [six.facts(index)["background"] for index in range(6)]
