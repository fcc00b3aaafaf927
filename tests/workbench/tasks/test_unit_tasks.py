"""The tasks of units return the results of the methods."""

import numpy as np
import pytest
from PIL import Image

from core import dissect, predict, probe, visualize, zoo
from core.dissect import reference_scenes
from core.layer_info import LayerInfo
from core.visualize import Quality, Transforms
from core.workbench import Workbench
from core.workbench.task import Call
from core.workbench.tasks.ablation import ablation_recipe
from core.workbench.tasks.activation_maps import activation_maps_recipe
from core.workbench.tasks.connections import INCOMING, OUTGOING, connections_recipe
from core.workbench.tasks.layers import layers_recipe
from core.workbench.tasks.part_scores import part_scores_recipe
from core.workbench.tasks.responses import DRAWN_AT_ONCE, responses_recipe
from core.workbench.tasks.strong_units import strong_units_recipe
from core.workbench.tasks.visualization import VISUALIZATION, channel_recipe, layer_view_recipe
from core.workbench.tasks.votes import votes_recipe

NAME = "untrained/test_resnet"
# No value is the default, so that a recipe without one of them fails.
TRANSFORMS = Transforms(jitter=(0.1, 0.0), looks=2)
QUICK = Quality(size=24, steps=5, decay=1.3, cap=0.9, rate=0.3, transforms=TRANSFORMS)


def layer(name: str) -> LayerInfo:
    return LayerInfo(name, kind="", shape=(), depth=0.5, main=True)


@pytest.fixture(autouse=True)
def _few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.dissect.reference_scenes.COUNT", 28)


def test_the_picture_of_a_channel_equals_that_of_render(bench: Workbench, small_model: zoo.Model):
    card = bench.card(NAME)
    recipes = [channel_recipe(card, layer("layer2"), unit, quality=QUICK) for unit in (3, 5)]
    pictures = [computed.pictures[0] for computed in bench.answer(recipes)]
    objectives = [visualize.channel("layer2", unit) for unit in (3, 5)]
    expected = visualize.render(small_model, objectives, quality=QUICK)
    np.testing.assert_allclose(np.stack(pictures).astype(int), expected, atol=2)


def test_channels_of_a_layer_are_computed_together_with_a_preview_for_each(small_model: zoo.Model):
    card = zoo.describe(NAME)
    recipes = [channel_recipe(card, layer("layer2"), unit, quality=QUICK) for unit in (3, 5)]
    steps = list(VISUALIZATION.compute(Call(recipes, [[], []], small_model)))
    previews = [progress.preview for progress in steps if progress.preview[0] is not None]
    assert previews
    assert [preview.shape for preview in previews[0]] == [(1, 24, 24, 3)] * 2
    assert not np.array_equal(previews[-1][0], previews[-1][1])


def test_variations_differ_and_are_in_the_same_result(bench: Workbench):
    recipe = channel_recipe(bench.card(NAME), layer("logits"), 7, variations=3, quality=QUICK)
    (computed,) = bench.answer([recipe])
    assert computed.pictures.shape == (3, 24, 24, 3)
    assert len({picture.tobytes() for picture in computed.pictures}) == 3
    assert len(computed.scores) == 3
    assert computed.importance is None


def test_a_maco_picture_has_the_importance_of_each_place(bench: Workbench):
    quality = visualize.on_canvas(QUICK, "maco")
    recipe = channel_recipe(bench.card(NAME), layer("layer2"), 3, variations=2, quality=quality)
    (computed,) = bench.answer([recipe])
    assert computed.importance is not None
    assert computed.importance.shape == (2, 24, 24)
    assert computed.importance[1].mean() == pytest.approx(1, abs=0.01)


def test_a_picture_has_a_direction_and_a_caricature(bench: Workbench, picture: str):
    card = bench.card(NAME)
    recipes = [
        layer_view_recipe(card, layer("layer3"), picture, method, quality=QUICK)
        for method in ("direction", "caricature")
    ]
    direction, caricature = (computed.pictures[0] for computed in bench.answer(recipes))
    assert direction.shape == caricature.shape == (24, 24, 3)
    assert not np.array_equal(direction, caricature)


def test_responses_of_several_layers_equal_those_of_the_method(
    bench: Workbench, small_model: zoo.Model
):
    names = ["layer1", "layer3"]
    responses = bench.answer([responses_recipe(bench.card(NAME), name) for name in names])
    (scenes,) = reference_scenes.batches(max(small_model.input_size[1:]))
    expected = dissect.responses(small_model, reference_scenes.images(scenes), names)
    for name, computed in zip(names, responses, strict=True):
        np.testing.assert_allclose(computed.peak, expected[name].peak, rtol=1e-4, atol=1e-5)


def test_responses_to_pictures(bench: Workbench, picture: str):
    (computed,) = bench.answer([responses_recipe(bench.card(NAME), "layer2", [picture])])
    assert computed.peak.shape == (1, 48)


def test_activation_maps_are_sorted_by_their_strongest_value(
    bench: Workbench, small_model: zoo.Model, noise: Image.Image, picture: str
):
    (computed,) = bench.answer([activation_maps_recipe(bench.card(NAME), "layer2", picture)])
    values = probe.read(small_model, small_model.preprocess([noise]), ["layer2"])["layer2"][0]
    strongest = values.flatten(1).amax(1).argsort(descending=True)
    assert computed.channels[:3].tolist() == strongest[:3].tolist()
    np.testing.assert_allclose(computed.maps[0], values[strongest[0]], rtol=1e-2)


def test_connections_equal_those_of_the_method(bench: Workbench, small_model: zoo.Model):
    card = bench.card(NAME)
    incoming, outgoing = bench.answer(
        [
            connections_recipe(card, "layer2", 1, "layer1", INCOMING),
            connections_recipe(card, "layer2", 1, "layer3", OUTGOING),
        ]
    )
    (scenes,) = reference_scenes.batches(max(small_model.input_size[1:]))
    imgs = reference_scenes.images(scenes)
    expected = dissect.incoming(small_model, imgs, "layer2", 1, "layer1")
    np.testing.assert_allclose(incoming, expected, rtol=1e-3, atol=1e-5)
    assert outgoing.shape == small_model.layers["layer3"].shape[:1]


def test_connections_lead_from_the_last_layer_to_the_classes(
    bench: Workbench, small_model: zoo.Model
):
    (effects,) = bench.answer(
        [connections_recipe(bench.card(NAME), "layer4", 3, "logits", OUTGOING)]
    )
    assert effects.shape == (len(small_model.labels),)
    assert np.abs(effects).max() > 0


def test_a_picture_has_a_direction_in_a_layer_without_positions(bench: Workbench, picture: str):
    recipe = layer_view_recipe(bench.card(NAME), layer("global_pool"), picture, quality=QUICK)
    (computed,) = bench.answer([recipe])
    assert computed.pictures.shape == (1, 24, 24, 3)


def test_part_scores_and_layers(bench: Workbench, small_model: zoo.Model):
    card = bench.card(NAME)
    (scores,) = bench.answer([part_scores_recipe(card, "layer2")])
    (listed,) = bench.answer([layers_recipe(card)])
    assert scores.iou.shape == (48, len(dissect.CONCEPTS))
    assert [each.name for each in listed.layers] == list(small_model.layers)
    assert listed.find("layer2").shape == small_model.layers["layer2"].shape
    assert set(listed.receptive_fields) == {each.name for each in listed.layers if each.main}


def test_ablation_equals_that_of_the_method(
    bench: Workbench, small_model: zoo.Model, noise: Image.Image, picture: str
):
    (computed,) = bench.answer([ablation_recipe(bench.card(NAME), "layer2", [1, 0], picture)])
    expected = dissect.logits_without(small_model, [noise], {"layer2": [0, 1]})[0]
    np.testing.assert_allclose(computed, expected, atol=1e-5)
    assert not np.allclose(expected, predict.scores(small_model, [noise]).logits[0])


def test_a_unit_that_does_not_exist_fails_with_the_range(bench: Workbench):
    recipe = channel_recipe(bench.card(NAME), layer("layer2"), 4800, quality=QUICK)
    with pytest.raises(visualize.NoSuchUnit, match="0 to 47"):
        bench.answer([recipe])


def test_few_scenes_are_drawn_in_a_step_of_responses(bench: Workbench, monkeypatch):
    """To draw all scenes of a batch takes longer than other visitors should wait."""
    drawn: list[int] = []
    images_of = reference_scenes.images

    def recording_images(batch):
        drawn.append(len(batch.pictures))
        return images_of(batch)

    monkeypatch.setattr(reference_scenes, "images", recording_images)
    bench.answer([responses_recipe(bench.card(NAME), "layer1")])
    assert max(drawn) <= DRAWN_AT_ONCE
    assert sum(drawn) == reference_scenes.COUNT


def test_strong_units_of_several_layers_are_read_in_one_pass(
    bench: Workbench, picture: str, small_model: zoo.Model, noise: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    names = ["layer2", "layer3", "layer4"]
    expected = dissect.strongest_units(small_model, noise, names, 2, 8)
    passes = []
    read = probe.read
    monkeypatch.setattr(probe, "read", lambda *args: passes.append(args) or read(*args))
    recipes = [strong_units_recipe(bench.card(NAME), name, picture, 2, 8) for name in names]
    for name, found in zip(names, bench.answer(recipes), strict=True):
        np.testing.assert_array_equal(found.units, expected[name].units)
        np.testing.assert_array_equal(found.places, expected[name].places)
    assert len(passes) == 1


def test_votes_are_those_of_the_top_class(
    bench: Workbench, picture: str, small_model: zoo.Model, noise: Image.Image
):
    (found,) = bench.answer([votes_recipe(bench.card(NAME), picture)])
    expected = dissect.votes(small_model, noise)
    assert found.class_index == predict.top_classes(small_model, [noise], 1)[0][0].index
    np.testing.assert_allclose(found.summands, expected.summands, rtol=1e-5)
    np.testing.assert_array_equal(found.places, expected.places)
    assert (found.layer, found.grid) == (expected.layer, expected.grid)
