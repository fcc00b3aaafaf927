"""The page Trust: which saliency maps to believe."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core import saliency
from core.saliency import Evidence, judge_maps
from core.workbench.tasks.saliency_map import saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.workbench.tasks.saliency_truth import saliency_truth_recipe
from pages.parts.shared.session import workbench
from pages.parts.trust.columns import HEADINGS
from tests.pages.visit import (
    EFFICIENTNET,
    EFFICIENTNET_TITLE,
    REGNET,
    RESNET,
    charts,
    open_page,
    run_until_complete,
    texts,
)

METHODS = ["StageCAM", "Grad-CAM", "Gradient"]

pytestmark = pytest.mark.usefixtures("bundled")


def test_maps_of_a_scene_are_compared_with_the_true_mask(app: AppTest):
    open_page(app, "trust", [REGNET, RESNET], methods=METHODS)
    table = app.dataframe[0].value
    assert list(zip(table["network"], table["method"], strict=True)) == [
        (title, method) for title in ("scenes-regnet", "test_resnet") for method in METHODS
    ]
    assert {"insertion", "deletion", "points", "energy", "agreement"} <= set(table.columns)
    assert table["insertion"].between(0, 1).all()
    assert table["energy"].between(0, 1).all()
    assert "Similarity of the maps: Methods of this network" in charts(app)


def test_a_verdict_for_each_network_says_what_to_believe(app: AppTest):
    open_page(app, "trust", [REGNET, RESNET], methods=METHODS)
    bench = workbench()
    picture = bench.pictures.find("scene:wolf~7")
    for name in (REGNET, RESNET):
        evidence = []
        for method in ("stage_cam", "grad_cam", "gradient"):
            recipe = saliency_map_recipe(bench.card(name), picture.id, method)
            scores = saliency_scores_recipe(bench.card(name), picture.id, recipe)
            explained, evaluation = bench.answer([recipe])[0], bench.answer([scores])[0]
            title = saliency.find(method, {}).title
            evidence.append(Evidence(title, explained.map, saliency.area_test(evaluation)))
        verdict = judge_maps(evidence)
        assert f"**{verdict.advice}** {verdict.sentence}" in texts(app)


def test_columns_have_full_names(app: AppTest):
    open_page(app, "trust", [REGNET], methods=METHODS, trust_checks="true")
    columns = json.loads(app.dataframe[0].proto.columns)
    table = app.dataframe[0].value
    assert {columns[name]["label"] for name in table} == {HEADINGS[name] for name in table}
    assert "StageCAM is weak here" in columns["sanity"]["help"]


def test_until_all_methods_are_tested_there_is_a_provisional_verdict(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    open_page(app, "trust", [RESNET], methods=["Grad-CAM", "LayerCAM"])
    assert "provisional" not in texts(app)
    monkeypatch.setattr(workbench(), "_start_jobs", lambda recipes, session: None)
    app.session_state["methods"] = ["Grad-CAM", "LayerCAM", "Gradient"]
    app.run()
    said = texts(app)
    assert "test_resnet** :gray-badge[local] says" in said
    assert "provisional" in said
    assert "Tested 2 of 3 methods; still to come: Gradient." in said
    assert app.dataframe[0].value["method"].tolist() == ["Grad-CAM", "LayerCAM"]
    kinds = [element.type for element in app.main]
    # Progress is seen at once, above the verdicts.
    assert kinds.index("progress") < min(kinds.index("dataframe"), kinds.index("plotly_chart"))


def test_it_says_why_maps_of_single_pixels_agree_with_no_other(app: AppTest):
    open_page(app, "trust", [RESNET], methods=["Grad-CAM", "Integrated gradients"])
    assert "About the agreement of Integrated gradients: near 0.00 is usual" in texts(app)
    app.session_state["methods"] = ["Grad-CAM", "LayerCAM"]
    assert "About the agreement" not in texts(run_until_complete(app))


def test_a_photograph_has_no_true_mask(app: AppTest):
    open_page(app, "trust", [RESNET], picture="photo:chelsea", methods=METHODS)
    assert "points" not in app.dataframe[0].value
    assert "insertion" in app.dataframe[0].value


def test_another_network_has_its_own_curves(app: AppTest):
    open_page(app, "trust", [RESNET, EFFICIENTNET], methods=METHODS)
    before = app.main.get("plotly_chart")[0].proto.spec
    app.segmented_control(key="model").set_value(EFFICIENTNET_TITLE)
    run_until_complete(app)
    assert app.main.get("plotly_chart")[0].proto.spec != before


def test_the_share_of_pixels_changes_the_pictures(app: AppTest):
    open_page(app, "trust", [RESNET], methods=["Grad-CAM"])
    before = [img.url for image in app.main.get("image") for img in image.proto.imgs]
    app.slider(key="trust_share").set_value(80)
    run_until_complete(app)
    after = [img.url for image in app.main.get("image") for img in image.proto.imgs]
    assert len(after) == len(before) == 2
    assert not set(after) & set(before)


def test_randomisation_and_noise_are_tested_on_request(app: AppTest):
    open_page(app, "trust", [RESNET], methods=["Grad-CAM"], trust_checks="true")
    assert {"sanity", "sensitivity"} <= set(app.dataframe[0].value.columns)
    assert "Similarity to the original map as layers are shuffled, by method" in charts(app)


def test_methods_are_ranked_on_fresh_scenes(app: AppTest):
    open_page(app, "trust", [REGNET, RESNET], trust_of="Drawn scenes",
              methods=["Grad-CAM", "StageCAM"])  # fmt: skip
    table = app.dataframe[0].value
    assert list(table["network"]) == ["scenes-regnet"] * 2  # the other does not know scenes
    bench = workbench()
    (truth,) = bench.answer([saliency_truth_recipe(bench.card(REGNET), "stage_cam", 28)])
    assert table["points"].iloc[1] == pytest.approx(truth.pointed.mean())
    best = table.loc[table["points"].idxmax(), "method"]
    assert f"most often: {best}" in texts(app)


def test_networks_that_do_not_know_scenes_are_not_ranked_on_them(app: AppTest):
    open_page(app, "trust", [RESNET], trust_of="Drawn scenes")
    assert app.info
    assert not app.dataframe
