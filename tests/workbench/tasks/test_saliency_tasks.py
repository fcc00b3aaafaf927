"""The tasks of saliency return the results of the methods."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from core import predict, saliency, zoo
from core.saliency import registry
from core.steps import drain
from core.workbench import Workbench
from core.workbench.tasks.precision_check import bfloat16_agreement_recipe
from core.workbench.tasks.saliency_area import saliency_area_recipe
from core.workbench.tasks.saliency_checks import saliency_checks_recipe
from core.workbench.tasks.saliency_map import SALIENCY_MAP, saliency_map_recipe
from core.workbench.tasks.saliency_scores import saliency_scores_recipe
from core.workbench.tasks.saliency_truth import saliency_truth_recipe
from core.zoo.precision import BFLOAT16, FLOAT32

NAME = "untrained/test_resnet"


def test_maps_equal_those_of_explain(bench: Workbench, small_model: zoo.Model, picture, noise):
    card = bench.card(NAME)
    targets = ((None, None), (3, None), (3, 5))
    recipes = [
        saliency_map_recipe(card, picture, "occlusion", class_index, against, "", {"window": 48})
        for class_index, against in targets
    ]
    computed = bench.answer(recipes)
    expected = [
        saliency.explain(small_model, [noise], "occlusion", classes, None, 0, against, window=48)[0]
        for classes, against in ((None, None), ([3], None), ([3], [5]))
    ]
    for saliency_map, values in zip(computed, expected, strict=True):
        np.testing.assert_allclose(saliency_map.map, values, atol=1e-4 * np.ptp(values))
    top = predict.top_classes(small_model, [noise], 1)[0][0].index
    assert [each.class_index for each in computed] == [top, 3, 3]
    assert [each.against for each in computed] == [None, None, 5]
    assert [each.flat for each in computed] == [False] * 3


def test_the_layer_and_the_notes_of_a_method(
    bench: Workbench, small_model: zoo.Model, picture, noise
):
    card = bench.card(NAME)
    early, integrated = bench.answer(
        [
            saliency_map_recipe(card, picture, "grad_cam", 3, layer="layer2"),
            saliency_map_recipe(card, picture, "integrated_gradients", 3, options={"limit": 32}),
        ]
    )
    expected = saliency.explain(small_model, [noise], "grad_cam", [3], "layer2")[0]
    np.testing.assert_allclose(early.map, expected, atol=1e-4 * np.ptp(expected))
    assert 0 <= integrated.notes["completeness error"] < 1


def test_scores_are_of_the_class_that_the_map_explains(
    bench: Workbench, small_model: zoo.Model, picture, noise
):
    card = bench.card(NAME)
    map_recipe = saliency_map_recipe(card, picture, "grad_cam", 3)
    (scores,) = bench.answer([saliency_scores_recipe(card, picture, map_recipe)])
    maps = saliency.explain(small_model, [noise], "grad_cam", [3])
    expected = saliency.evaluate(small_model, [noise], maps, [3])
    np.testing.assert_allclose(scores.insertion, expected.insertion, atol=1e-5)
    np.testing.assert_allclose(scores.deletion, expected.deletion, atol=1e-5)
    (area,) = bench.answer([saliency_area_recipe(card, picture, map_recipe)])
    assert astuple(area) == pytest.approx(astuple(saliency.area_test(scores)), abs=1e-5)


def test_checks_equal_those_of_the_methods(bundled: list[str], bench: Workbench, picture, noise):
    card = bench.card("bundled/scenes-regnet")
    (checks,) = bench.answer([saliency_checks_recipe(card, picture, "grad_cam")])
    m = zoo.load(card.name)
    sanity = drain(saliency.sanity_steps(m, [noise], "grad_cam", None, 0))
    sensitivity = drain(saliency.sensitivity_steps(m, [noise], "grad_cam", None, 0))
    np.testing.assert_allclose(checks.similarity, sanity.likeness[:, 0], atol=1e-3)
    np.testing.assert_allclose(checks.shares, sanity.shares)
    assert checks.sensitivity == pytest.approx(float(sensitivity[0]), rel=0.05)
    assert checks.sensitivity > 0


def test_the_truth_has_scores_for_each_scene(bundled: list[str], bench: Workbench):
    card = bench.card("bundled/scenes-regnet")
    (truth,) = bench.answer([saliency_truth_recipe(card, "grad_cam", 4)])
    expected = drain(saliency.ground_truth_steps(zoo.load(card.name), "grad_cam", 4, True))
    assert truth.pointed.tolist() == expected.pointed.tolist()
    np.testing.assert_allclose(truth.energy, expected.energy, atol=1e-4)


def test_a_recipe_has_all_options_of_its_method_and_refuses_others():
    card = zoo.describe(NAME)
    recipe = saliency_map_recipe(card, "id", "smooth_grad", options={"noise": 0.3})
    assert dict(recipe.options) == {
        "samples": 32, "noise": 0.3, "class": None, "against": None, "method_version": 1,
    }  # fmt: skip
    with pytest.raises(saliency.UnknownMethod, match="samples"):
        saliency_map_recipe(card, "id", "smooth_grad", options={"sample": 3})


def test_a_new_version_of_a_method_changes_only_the_keys_of_that_method(monkeypatch):
    card = zoo.describe(NAME)

    def keys() -> dict[str, str]:
        recipes = {method: saliency_map_recipe(card, "id", method) for method in saliency.methods()}
        return {
            method: saliency_scores_recipe(card, "id", recipe).key
            for method, recipe in recipes.items()
        }

    before = keys()
    newer = replace(saliency.find("layer_cam", {}), version=99)
    monkeypatch.setitem(registry._METHODS, "layer_cam", newer)
    after = keys()
    assert [method for method in before if before[method] != after[method]] == ["layer_cam"]


def test_fast_methods_cost_less_than_slow_ones():
    card = zoo.describe(NAME)
    costs = [
        SALIENCY_MAP.cost_of(saliency_map_recipe(card, "id", method))
        for method in ("grad_cam", "smooth_grad", "rise")
    ]
    assert costs[0] < costs[1] < costs[2]


def test_a_map_in_bfloat16_has_its_own_recipe_and_names_its_precision(bench: Workbench, picture):
    card = bench.card(NAME)
    exact = saliency_map_recipe(card, picture, "occlusion", 3)
    quick = saliency_map_recipe(card, picture, "occlusion", 3, precision=BFLOAT16)
    assert quick.key != exact.key
    check = bfloat16_agreement_recipe(card, "occlusion")
    computed = bench.answer([exact, quick])
    assert bench.store.get(check.key) is not None  # for all later maps of this network
    (agreement,) = bench.answer([check])
    assert [each.precision for each in computed] == [FLOAT32, saliency.agreed_precision(agreement)]


@pytest.mark.parametrize(("least", "precision"), [(-1.0, BFLOAT16), (2.0, FLOAT32)])
def test_a_map_is_exact_where_the_formats_disagree(
    bench: Workbench, picture, monkeypatch, least, precision
):
    monkeypatch.setattr("core.saliency.precision_check.LEAST_AGREEMENT", least)
    card = bench.card(NAME)
    quick, exact = bench.answer(
        [
            saliency_map_recipe(card, picture, "occlusion", 3, precision=BFLOAT16),
            saliency_map_recipe(card, picture, "occlusion", 3),
        ]
    )
    assert quick.precision == precision
    assert np.array_equal(quick.map, exact.map) == (precision == FLOAT32)


def test_methods_with_gradients_have_one_recipe_on_all_machines(bench: Workbench, picture):
    card = bench.card(NAME)
    exact = saliency_map_recipe(card, picture, "grad_cam", 3)
    assert saliency_map_recipe(card, picture, "grad_cam", 3, precision=BFLOAT16) == exact
