"""The page Compare: similar layers, matching units, backbones, and networks that are left out."""

import re
from pathlib import Path

import numpy as np
import pytest
import timm
from streamlit.testing.v1 import AppTest
from timm.models import save_for_hf

from core import embed
from core.workbench.recipes import Recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.layer_similarity import gram_matrices_recipe, layer_similarity_recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.responses import responses_recipe
from core.workbench.tasks.unit_matches import unit_matches_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    BIASED,
    EFFICIENTNET,
    REGNET,
    RESNET,
    charts,
    download_labels,
    link_labels,
    link_queries,
    open_page,
    run_until_complete,
    texts,
)

SCENES = "scenes:12~7"


def open_compare(app: AppTest, *models: str, set: str = SCENES, **parameters: str) -> AppTest:
    parameters = {"view": "Layer similarity", **parameters}
    named = {f"compare_{name}": value for name, value in parameters.items()}
    return open_page(app, "compare", models, set=set, **named)


def grams(name: str) -> Recipe:
    return gram_matrices_recipe(workbench().card(name), SCENES)


def correlations(app: AppTest) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("r = ")]


def test_layers_are_compared_with_their_standard_error(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET)
    recipe = layer_similarity_recipe(grams(RESNET), grams(EFFICIENTNET))
    (similarity,) = workbench().answer([recipe])
    errors = similarity.error.to_numpy()
    assert f"Typical error ±{np.median(errors):.2f}, largest ±{errors.max():.2f}" in texts(app)
    assert app.selectbox(key="compare_row").options == list(similarity.cka.index)
    assert app.selectbox(key="compare_column").options == list(similarity.cka.columns)
    assert len(charts(app)) == 1
    assert download_labels(app) == ["CSV", "NPZ", "HTML"]


def test_matching_units_are_shown_in_pairs_that_link_to_the_microscope(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET, row="layer2.0", column="blocks.1.0")
    bench = workbench()
    responses = [
        responses_recipe(bench.card(name), layer, (SCENES,))
        for name, layer in ((RESNET, "layer2.0"), (EFFICIENTNET, "blocks.1.0"))
    ]
    (pairs,) = bench.answer([unit_matches_recipe(*responses)])
    assert correlations(app) == [f"r = {r:.2f}" for r in pairs.r[:9]]
    names = [name.partition(" ")[0] for name in link_labels(app)]
    assert names == [str(unit) for unit in pairs.units[:9].ravel()]
    assert app.query_params["compare_row"] == "layer2.0"


def test_matching_classes_link_to_the_microscope(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET, row="fc", column="classifier")
    assert len(link_queries(app)) == 18
    assert all("neurons_layer=logits" in query for query in link_queries(app))


def test_a_network_is_compared_with_itself(app: AppTest):
    open_compare(app, RESNET, row="layer2.0", column="layer2.0")
    assert correlations(app) == ["r = 1.00"] * 9
    assert [name.partition(" ")[0] for name in link_labels(app)[::2]] == [
        name.partition(" ")[0] for name in link_labels(app)[1::2]
    ]  # each unit is paired with itself


def test_a_link_to_unknown_layers_and_networks_opens_the_defaults(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET, row="layer9", column="blocks.1.0", one="local/nobody")
    assert app.selectbox(key="compare_row").value is None
    assert app.selectbox(key="compare_one").value == RESNET
    assert not link_queries(app)


def test_another_network_drops_the_layer_that_it_does_not_have(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET, row="layer2.0", column="blocks.1.0")
    app.selectbox(key="compare_one").set_value(EFFICIENTNET)
    run_until_complete(app)
    assert app.selectbox(key="compare_row").value is None
    assert app.selectbox(key="compare_column").value == "blocks.1.0"
    assert "compare_row" not in app.query_params


@pytest.mark.parametrize("count", [1, 2])
def test_layers_of_too_few_pictures_are_not_compared(app: AppTest, count):
    open_compare(app, RESNET, EFFICIENTNET, set=f"scenes:{count}~7")
    assert "needs 4 pictures at least" in texts(app)
    assert not charts(app)
    assert not app.error


def test_one_mini_batch_has_no_standard_error(app: AppTest):
    open_compare(app, RESNET, set="scenes:6~7")
    assert "6 pictures, one mini-batch" in texts(app)


def test_a_network_without_classes_has_similar_layers_and_no_agreement(
    app: AppTest, made_models: Path, monkeypatch, tmp_path
):
    net = timm.create_model("test_resnet", num_classes=0)
    save_for_hf(net, tmp_path / "headless", safe_serialization=True)
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{made_models}:{tmp_path}")
    open_compare(app, "local/headless", RESNET, view="Agreement")
    assert "headless has no named classes" in texts(app)
    assert not charts(app)
    app.segmented_control(key="compare_view").set_value("Layer similarity")
    run_until_complete(app)
    assert len(charts(app)) == 1


def test_the_backbone_table_can_be_reduced_to_differences(app: AppTest, bundled):
    open_compare(app, REGNET, BIASED, view="Cost and accuracy", set="scenes:56~7")
    costs, facts = (frame.value for frame in app.dataframe[-2:])
    assert list(costs.columns) == [
        "parameters", "multiply-adds", "ms a picture", "memory, MB", "accuracy", "ECE",
    ]  # fmt: skip
    assert (costs["accuracy"] > 0.7).all()
    assert facts.loc["input"].tolist() == ["96 × 96", "128 × 128"]
    assert "classes" in facts.index
    assert len(charts(app)) == 2
    app.toggle(key="compare_differing").set_value(True)
    run_until_complete(app)
    differing = app.dataframe[-1].value
    assert "classes" not in differing.index
    assert "input" in differing.index


def test_two_networks_of_one_architecture_have_no_different_facts(app: AppTest):
    open_compare(app, "untrained/test_resnet", "untrained/test_resnet@5", view="Cost and accuracy",
                 differing="true")  # fmt: skip
    costs = next(frame.value for frame in app.dataframe if "ms a picture" in frame.value)
    assert not {"parameters", "multiply-adds", "accuracy"} & set(costs.columns)
    assert app.success
    assert not any("input" in frame.value.index for frame in app.dataframe)


def test_networks_without_weights_are_left_out_with_the_reason(app: AppTest):
    open_compare(app, RESNET, "resnet18.a1_in1k", "local/nobody", view="Cost and accuracy")
    assert re.search(r"resnet18\.a1_in1k is left out.*weights", texts(app))
    assert "local/nobody is left out: There is no model" in texts(app)
    assert any(list(frame.value.index) == ["test_resnet"] for frame in app.dataframe)


def test_costs_come_first_and_need_no_predictions_that_nobody_can_score(app: AppTest):
    """Networks that do not know the labels are not run over the pictures; one sentence says why."""
    open_page(app, "compare", [RESNET, EFFICIENTNET])
    costs = next(frame.value for frame in app.dataframe if "ms a picture" in frame.value)
    assert list(costs.columns) == ["parameters", "multiply-adds", "ms a picture", "memory, MB"]
    assert workbench().sets.find(app.session_state["set"]).name == "Gallery views"
    assert texts(app).count("No accuracy") == 1
    assert not (app.info or app.warning)


def test_the_first_view_says_how_well_views_of_a_photograph_lie_together(app: AppTest):
    open_page(app, "compare", [RESNET, EFFICIENTNET])
    bench, views = workbench(), workbench().sets.gallery_views
    labels = [views.label(index) for index in range(len(views))]
    for name in (RESNET, EFFICIENTNET):
        card = bench.card(name)
        (listed,) = bench.answer([layers_recipe(card)])
        (features,) = bench.answer([features_recipe(card, views.reference, listed.main[-1].name)])
        share = embed.purity(features, labels, metric="cosine")
        figure = rf"\*\*{card.title}\*\* sees the same photograph in \*\*{share:.0%}\*\*"
        assert re.search(f"{figure}.* M parameters.* ms per picture", texts(app))
    assert "By chance 8% do" in texts(app)
    assert [each for each in charts(app) if each.startswith("Which network does better")]


def test_the_first_view_says_which_network_is_right_more_often(app: AppTest, bundled):
    open_compare(app, REGNET, "untrained/test_resnet", view="Cost and accuracy", set="scenes:56~7")
    assert texts(app).count("No accuracy for") == 1  # of a network without these classes
    assert re.search(r"scenes-regnet\*\* is right for \*\*\d+%\*\* of 56 pictures", texts(app))
    assert "does best" not in texts(app)


def test_a_small_difference_is_not_called_better(app: AppTest, bundled):
    open_compare(app, REGNET, BIASED, view="Cost and accuracy", set="scenes:12~7")
    assert "about equally well" in texts(app)


@pytest.mark.parametrize(
    ("link", "view"),
    [
        ({"compare_view": "Backbones"}, "Cost and accuracy"),
        ({"compare_view": "Layers alike"}, "Layer similarity"),
        ({"compare_row": "layer2.0"}, "Layer similarity"),  # of the view that was the first one
        ({}, "Cost and accuracy"),
    ],
)
def test_older_links_open_their_view(app: AppTest, link: dict[str, str], view: str):
    open_page(app, "compare", [RESNET], set=SCENES, **link)
    assert app.segmented_control(key="compare_view").value == view


def test_the_view_and_the_set_stay_while_other_pages_are_visited(app: AppTest):
    open_compare(app, RESNET, EFFICIENTNET, view="Agreement")
    app.switch_page("pages/scenes.py").run()
    app.switch_page("pages/compare.py")
    run_until_complete(app)
    assert app.segmented_control(key="compare_view").value == "Agreement"
    assert app.query_params["set"] == SCENES


def test_without_usable_weights_nothing_is_compared(app: AppTest):
    open_compare(app, "resnet18.a1_in1k")
    assert app.info
    assert not charts(app)


def test_a_link_to_no_set_falls_back_to_the_set_that_suits_the_networks(app: AppTest):
    open_page(app, "compare", [RESNET], set="films")
    assert "no picture set 'films'" in texts(app)
    assert not app.expander[0].warning  # above the picker: it is seen when that is closed
    assert app.segmented_control(key="_set_kind").value == "Gallery views"


def test_a_link_to_a_deleted_set_opens_the_picker(app: AppTest):
    open_compare(app, RESNET, set="archive:0123456789abcdef")
    assert "Upload them again" in texts(app)
    assert not app.expander[0].warning  # above the picker: it is seen when that is closed
    assert app.expander[0].proto.expanded
    assert not charts(app)
