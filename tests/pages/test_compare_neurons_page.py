"""The page Neurons, compared: the same depth, the most similar unit, and parts by depth."""

import pytest
from streamlit.testing.v1 import AppTest

from core import compare
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import responses_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    RESNET,
    charts,
    link_labels,
    link_queries,
    open_page,
    pictures,
    run_until_complete,
)


def test_each_network_shows_four_units_at_each_of_four_depths(app: AppTest):
    open_page(app, "compare_neurons", [RESNET, EFFICIENTNET])
    for name in (RESNET, EFFICIENTNET):
        assert sum(alt.endswith(f"in {name} looks for") for alt in pictures(app)) == 4 * 4
    assert len(link_queries(app)) == 2 * 4 * 4
    assert len(set(link_queries(app))) == 2 * 4 * 4  # no layer is shown at two depths


def test_the_most_similar_unit_has_the_largest_correlation(app: AppTest):
    parameters = {
        "compare_neurons_view": "The same neuron",
        "compare_neurons_of_layer": "layer3.0",
        "compare_neurons_of_unit": "7",
    }
    open_page(app, "compare_neurons", [RESNET, EFFICIENTNET], **parameters)
    bench = workbench()
    resnet, efficientnet = bench.card(RESNET), bench.card(EFFICIENTNET)
    (layers,) = bench.answer([layers_recipe(efficientnet)])
    names = [layer.name for layer in layers.main if layer.is_spatial]
    recipes = [responses_recipe(resnet, "layer3.0")]
    recipes += [responses_recipe(efficientnet, name) for name in names]
    first, *others = [responses.peak for responses in bench.answer(recipes)]
    match = compare.best_match(first[:, 7], dict(zip(names, others, strict=True)))
    assert f"{match.layer}, channel {match.unit} · r = {match.r:.2f}" in link_labels(app)


def test_another_unit_has_another_match(app: AppTest):
    open_page(app, "compare_neurons", [RESNET, EFFICIENTNET],
              compare_neurons_view="The same neuron")  # fmt: skip
    before = link_labels(app)
    app.number_input(key="compare_neurons_of_unit").set_value(5)
    run_until_complete(app)
    assert link_labels(app)[0].endswith(", channel 5")
    assert link_labels(app) != before


def test_units_are_counted_by_part_and_depth(app: AppTest):
    open_page(app, "compare_neurons", [RESNET, EFFICIENTNET], compare_neurons_view="Parts by depth")
    assert len(charts(app)) == 2
    tables = [frame.value for frame in app.dataframe]
    assert len(tables) == 2
    bench = workbench()
    layer = tables[0].index[0][0]
    (scores,) = bench.answer([part_scores_recipe(bench.card(RESNET), layer)])
    assert tables[0]["part_iou"].iloc[0] == pytest.approx(scores.best()["part_iou"].max())


def test_one_network_alone_is_not_compared(app: AppTest):
    open_page(app, "compare_neurons", [RESNET])
    assert app.info
    assert not link_queries(app)
