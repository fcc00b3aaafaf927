"""Tasks: every recipe a page may ask for is answered, as its method would answer it."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from core import dissect, predict, probe, saliency, tasks, visualize, zoo
from core.anatomy import Organ
from core.dissect import sample
from core.recipes import Recipe
from core.settings import Settings
from core.steps import Progress
from core.visualize import Quality, Transforms
from core.workbench import Workbench

NAME = "untrained/test_resnet"
# Nothing in it is the default, so that a recipe that leaves something out is found out.
OTHERWISE = Transforms(jitter=(0.1, 0.0), looks=2)
QUICK = Quality(size=24, steps=5, decay=1.3, cap=0.9, rate=0.3, transforms=OTHERWISE)


def organ(name: str) -> Organ:
    return Organ(name, kind="", shape=(), depth=0.5, main=True)


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.dissect.sample.COUNT", 28)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    workbench = Workbench(settings)
    yield workbench
    workbench.close()


@pytest.fixture
def picture(bench: Workbench, noise: Image.Image) -> str:
    return bench.pictures.keep(noise, "test")


def test_a_channels_picture_is_the_one_render_makes(bench: Workbench, small_model: zoo.Model):
    card = bench.card(NAME)
    recipes = [tasks.picture_recipe(card, organ("layer2"), unit, quality=QUICK) for unit in (3, 5)]
    made = [result.arrays["face0"] for result in bench.answer(recipes)]
    objectives = [visualize.channel("layer2", unit) for unit in (3, 5)]
    expected = visualize.render(small_model, objectives, quality=QUICK)
    np.testing.assert_array_equal(np.stack(made), expected)


def test_channels_of_one_layer_are_made_together_and_previewed_apart(small_model: zoo.Model):
    card = zoo.describe(NAME)
    recipes = [tasks.picture_recipe(card, organ("layer2"), unit, quality=QUICK) for unit in (3, 5)]
    task = tasks.ALL["picture"]
    shown: list[Progress] = list(task.steps(small_model, recipes, [[], []]))
    previews = [progress.preview for progress in shown if progress.preview[0] is not None]
    assert previews
    assert [one.shape for one in previews[0]] == [(1, 24, 24, 3)] * 2
    assert not np.array_equal(previews[-1][0], previews[-1][1])


def test_faces_come_in_one_result(bench: Workbench):
    recipe = tasks.picture_recipe(bench.card(NAME), organ("logits"), 7, faces=3, quality=QUICK)
    (result,) = bench.answer([recipe])
    assert sorted(result.arrays) == ["face0", "face1", "face2"]
    assert len(result.record["scores"]) == 3


def test_a_picture_of_phases_comes_with_its_importance(bench: Workbench):
    quality = visualize.on_canvas(QUICK, "maco")
    recipe = tasks.picture_recipe(bench.card(NAME), organ("layer2"), 3, faces=2, quality=quality)
    (result,) = bench.answer([recipe])
    assert sorted(result.arrays) == ["face0", "face1", "importance0", "importance1"]
    assert result.arrays["importance1"].shape == (24, 24)
    assert result.arrays["importance1"].mean() == pytest.approx(1, abs=0.01)


def test_a_picture_gives_a_direction_and_a_caricature(bench: Workbench, picture: str):
    card = bench.card(NAME)
    recipes = [
        tasks.direction_recipe(card, organ("layer3"), picture, method, quality=QUICK)
        for method in ("direction", "caricature")
    ]
    first, second = (result.arrays["face0"] for result in bench.answer(recipes))
    assert first.shape == second.shape == (24, 24, 3)
    assert not np.array_equal(first, second)


def test_responses_of_many_layers_take_one_pass_and_are_those_of_the_method(
    bench: Workbench, small_model: zoo.Model
):
    layers = ["layer1", "layer3"]
    recipes = [tasks.responses_recipe(bench.card(NAME), layer) for layer in layers]
    results = [tasks.responses_of(result) for result in bench.answer(recipes)]
    (drawn,) = sample.batches(max(small_model.input_size[1:]))
    expected = dissect.responses(small_model, sample.images(drawn), layers)
    for layer, found in zip(layers, results, strict=True):
        np.testing.assert_allclose(found.peak, expected[layer].peak, rtol=1e-4, atol=1e-5)


def test_responses_to_given_pictures(bench: Workbench, picture: str):
    (result,) = bench.answer([tasks.responses_recipe(bench.card(NAME), "layer2", [picture])])
    assert tasks.responses_of(result).peak.shape == (1, 48)


def test_maps_are_the_strongest_first(
    bench: Workbench, small_model: zoo.Model, noise: Image.Image, picture: str
):
    (result,) = bench.answer([tasks.maps_recipe(bench.card(NAME), "layer2", picture)])
    values = probe.read(small_model, small_model.preprocess([noise]), ["layer2"])["layer2"][0]
    peaks = values.flatten(1).amax(1)
    assert result.arrays["units"][0] == int(peaks.argmax())
    np.testing.assert_allclose(result.arrays["maps"][0], values[peaks.argmax()], rtol=1e-2)


def test_links_parts_body_and_doing_without(
    bench: Workbench, small_model: zoo.Model, noise: Image.Image, picture: str
):
    card = bench.card(NAME)
    recipes: list[Recipe] = [
        tasks.links_recipe(card, "layer2", 1, "layer1", "incoming"),
        tasks.links_recipe(card, "layer2", 1, "layer3", "outgoing"),
        tasks.parts_recipe(card, "layer2"),
        tasks.body_recipe(card),
        tasks.without_recipe(card, "layer2", [1, 0], picture),
    ]
    incoming, outgoing, parts, body, without = bench.answer(recipes)
    assert incoming.arrays["pulls"].shape == (32,)
    assert outgoing.arrays["pulls"].shape == small_model.layers["layer3"].shape[:1]
    assert tasks.parts_of(parts).iou.shape == (48, len(dissect.CONCEPTS))
    assert [organ.name for organ in tasks.organs_of(body)] == list(small_model.layers)
    expected = dissect.logits_without(small_model, [noise], {"layer2": [0, 1]})[0]
    np.testing.assert_allclose(without.arrays["logits"], expected, atol=1e-5)
    assert not np.allclose(expected, predict.scores(small_model, [noise]).logits[0])


def test_a_unit_that_is_not_there_fails_with_the_range(bench: Workbench):
    recipe = tasks.picture_recipe(bench.card(NAME), organ("layer2"), 4800, quality=QUICK)
    with pytest.raises(visualize.NoSuchUnit, match="0 to 47"):
        bench.answer([recipe])


def test_a_map_is_the_one_explain_makes(bench: Workbench, small_model: zoo.Model, picture, noise):
    card = bench.card(NAME)
    recipes = [
        tasks.explain_recipe(card, picture, "occlusion", class_, against, asked={"window": 48})
        for class_, against in ((None, None), (3, None), (3, 5))
    ]
    results = bench.answer(recipes)
    expected = [
        saliency.explain(small_model, [noise], "occlusion", classes, None, 0, against, window=48)[0]
        for classes, against in ((None, None), ([3], None), ([3], [5]))
    ]
    for result, one in zip(results, expected, strict=True):
        np.testing.assert_allclose(result.arrays["map"], one, atol=1e-4 * np.ptp(one))
    top = predict.top_classes(small_model, [noise], 1)[0][0].index
    assert [result.record["class"] for result in results] == [top, 3, 3]
    assert [result.record["flat"] for result in results] == [False] * 3


def test_a_layer_and_a_methods_figures_come_through(
    bench: Workbench, small_model: zoo.Model, picture, noise
):
    card = bench.card(NAME)
    early, complete = bench.answer(
        [
            tasks.explain_recipe(card, picture, "grad_cam", 3, layer="layer2"),
            tasks.explain_recipe(card, picture, "integrated_gradients", 3, asked={"limit": 32}),
        ]
    )
    expected = saliency.explain(small_model, [noise], "grad_cam", [3], "layer2")[0]
    np.testing.assert_allclose(early.arrays["map"], expected, atol=1e-4 * np.ptp(expected))
    assert 0 <= complete.record["notes"]["completeness error"] < 1


def test_maps_are_evaluated_for_the_class_they_explain(
    bench: Workbench, small_model: zoo.Model, picture, noise
):
    card = bench.card(NAME)
    explained = tasks.explain_recipe(card, picture, "grad_cam", 3)
    (judged,) = bench.answer([tasks.evaluate_recipe(card, picture, explained)])
    maps = saliency.explain(small_model, [noise], "grad_cam", [3])
    expected = saliency.evaluate(small_model, [noise], maps, [3])
    found = tasks.evaluation_of(judged)
    np.testing.assert_allclose(found.insertion, expected.insertion, atol=1e-5)
    np.testing.assert_allclose(found.deletion, expected.deletion, atol=1e-5)


def test_checks_and_truth_are_answered(bundled: list[str], bench: Workbench, picture):
    card = bench.card("bundled/scenes-regnet")
    checked, known = bench.answer(
        [
            tasks.check_recipe(card, picture, "grad_cam"),
            tasks.truth_recipe(card, "grad_cam", 4),
        ]
    )
    assert checked.arrays["likeness"].shape == checked.arrays["shares"].shape
    assert checked.record["sensitivity"] >= 0
    assert len(tasks.truth_of(known).pointed) == 4


def test_a_recipe_of_a_method_says_all_its_options_and_knows_no_others():
    card = zoo.describe(NAME)
    recipe = tasks.explain_recipe(card, "id", "smooth_grad", asked={"noise": 0.3})
    assert dict(recipe.options) == {"samples": 32, "noise": 0.3, "class": None, "against": None}
    with pytest.raises(saliency.UnknownMethod, match="samples"):
        tasks.explain_recipe(card, "id", "smooth_grad", asked={"sample": 3})


def test_quick_methods_go_before_slow_ones():
    card = zoo.describe(NAME)
    costs = [
        tasks.ALL["explain"].cost_of(tasks.explain_recipe(card, "id", key))
        for key in ("grad_cam", "smooth_grad", "rise")
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[1] < costs[2]
